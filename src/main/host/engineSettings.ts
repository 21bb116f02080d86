import { engineEnvironment } from '@shared/contract/engineMessages'
import type { Settings } from '@shared/contract/settings'

/** What a person's settings mean for an engine, as variables of its environment. */
export function engineSettings({ threads, device, memoryLimitGiB }: Settings): Record<string, string> {
  return {
    ...(threads === null ? {} : { TF_NUM_INTRAOP_THREADS: String(threads), TF_NUM_INTEROP_THREADS: String(threads) }),
    ...(device === 'processor' ? { CUDA_VISIBLE_DEVICES: '-1' } : {}),
    ...(memoryLimitGiB === null
      ? {}
      : { [engineEnvironment.memoryLimit]: String(Math.round(memoryLimitGiB * 2 ** 30)) }),
  }
}

import { checkAgainstDataset, parseRunConfig, type RunConfig } from '@shared/config/runConfig'
import { configFailure } from './invalidInput'
import type { Services } from './services'

/** @throws VitrineError `invalid-input` with the field of the first problem. */
export async function checkConfig({ datasets }: Services, config: RunConfig): Promise<void> {
  const parsed = parseRunConfig(config)
  if (!parsed.ok) throw configFailure(parsed.problems)
  // A sample that is not made yet is made by the engine before it trains, and checked there.
  const manifest = await datasets.manifest(config.data.dataset)
  if (manifest === null) return
  const problems = checkAgainstDataset(config, { ...manifest, numClasses: manifest.classes.length })
  if (problems.length > 0) throw configFailure(problems)
}

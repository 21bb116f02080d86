import type { RunConfig } from '@shared/config/runConfig'
import type { RunRecord } from '@shared/contract/records'
import { html } from './html'
import { table, type Section } from './page'

/** Single settings by their dotted path, as the command line names them. */
export function flattened(value: unknown, path = ''): [path: string, value: string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, settingText(value)]]
  return Object.entries(value).flatMap(([key, inner]) => flattened(inner, path === '' ? key : `${path}.${key}`))
}

function settingText(value: unknown): string {
  if (value === null) return 'none'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** All settings, and the configuration that reruns the training. */
export function settingsSection({ config, versions, device }: RunRecord): Section {
  const body = html`${table(['Setting', 'Value'], flattened(config), [])}
    <details>
      <summary>Configuration that makes this training again</summary>
      <pre>${configText(config)}</pre>
    </details>
    <h3>Made with</h3>
    ${table(['Part', 'Version'], [['device', device], ...Object.entries(versions)], [])}`
  return { id: 'settings', title: 'Settings', body }
}

function configText(config: RunConfig): string {
  return JSON.stringify(config, null, 2)
}

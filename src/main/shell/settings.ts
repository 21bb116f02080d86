import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { nativeTheme } from 'electron'
import { defaultSettings, settingsSchema, type Settings } from '@shared/contract/settings'
import { writeFileAtomic } from '../host/atomicFile'
import { isMissing } from '../host/jsonFile'
import { parseJson } from '@shared/json'
import { logWarning } from '../host/log'

/** The user's settings, in `settings.json` of the user-data folder. */
export class SettingsFile {
  private constructor(
    private readonly file: string,
    private current: Settings,
  ) {
    nativeTheme.themeSource = current.theme
  }

  /** A damaged file gives the defaults: settings must never keep the app from starting. */
  static async open(userDataFolder: string): Promise<SettingsFile> {
    const file = path.join(userDataFolder, 'settings.json')
    return new SettingsFile(file, await read(file))
  }

  get(): Settings {
    return this.current
  }

  async set(settings: Settings): Promise<Settings> {
    await writeFileAtomic(this.file, `${JSON.stringify(settings, null, 2)}\n`)
    this.current = settings
    nativeTheme.themeSource = settings.theme
    return settings
  }
}

async function read(file: string): Promise<Settings> {
  try {
    const parsed = settingsSchema.safeParse(parseJson(await readFile(file, 'utf8')))
    if (parsed.success) return parsed.data
    logWarning('settings', `${file} is damaged, the defaults are taken`)
  } catch (error) {
    if (!isMissing(error)) logWarning('settings', String(error))
  }
  return defaultSettings
}

import { BrowserWindow, nativeTheme } from 'electron'
import { logWarning } from '../host/log'
import { appOrigin } from './addresses'
import { readBounds, rememberBounds } from './windowBounds'

export interface WindowOptions {
  userDataFolder: string
  preload: string
  developmentUrl: string | null
}

/** The page's own colours, so that nothing flashes before it is drawn. */
const background = { light: '#f6f7f7', dark: '#121616' }

const crashWindowMs = 60_000
const crashesInARow = 3

/** Makes the one window; it is shown once its page has been drawn. */
export async function openWindow({ userDataFolder, preload, developmentUrl }: WindowOptions): Promise<BrowserWindow> {
  const saved = await readBounds(userDataFolder)
  const window = new BrowserWindow({
    width: saved?.width ?? 1400,
    height: saved?.height ?? 900,
    ...(saved === null ? {} : { x: saved.x, y: saved.y }),
    minWidth: 1100,
    minHeight: 700,
    show: false,
    title: 'Vitrine',
    backgroundColor: nativeTheme.shouldUseDarkColors ? background.dark : background.light,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
    },
  })
  window.once('ready-to-show', () => {
    if (saved?.maximized === true) window.maximize()
    window.show()
  })
  rememberBounds(window, userDataFolder)
  reloadAfterCrash(window)
  void load(window, developmentUrl)
  return window
}

async function load(window: BrowserWindow, developmentUrl: string | null): Promise<void> {
  try {
    await window.loadURL(developmentUrl ?? `${appOrigin}/`)
  } catch (error) {
    logWarning('window', `the page could not be loaded: ${String(error)}`)
  }
}

/** A page that crashed is loaded again; jobs are not touched by it. One that keeps crashing is left. */
function reloadAfterCrash(window: BrowserWindow): void {
  let crashes: number[] = []
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return
    logWarning('window', `the page's process has gone: ${reason}`)
    const now = Date.now()
    crashes = [...crashes.filter((time) => now - time < crashWindowMs), now]
    if (crashes.length <= crashesInARow && !window.isDestroyed()) window.webContents.reload()
  })
}

import { app, dialog, type BrowserWindow } from 'electron'
import type { JobState } from '@shared/contract/windowRoutes'
import { logWarning } from '../host/log'

export interface QuitOptions {
  activeJobs: () => JobState[]
  /** Ends everything that must not outlive the window. */
  shutdown: () => Promise<void>
  currentWindow: () => BrowserWindow | null
  /** Asks before a training run is ended. */
  prompt: boolean
}

type QuitPhase = 'running' | 'asking' | 'ending' | 'ended'

/**
 * Lets the app quit only after its engines are gone, and asks first when that ends a training run.
 * A signal of the system (Ctrl+C, shutdown) is obeyed without asking.
 */
export function superviseQuit({ activeJobs, shutdown, currentWindow, prompt }: QuitOptions): void {
  let phase: QuitPhase = 'running'
  let obey = !prompt

  async function confirmed(): Promise<boolean> {
    const training = activeJobs().find((job) => job.kind === 'train')
    if (obey || training === undefined) return true
    const options = {
      type: 'question' as const,
      message: `Pause training “${training.title}” and quit?`,
      detail: 'The run is paused after its current step, and can be resumed later.',
      buttons: ['Pause and quit', 'Keep training'],
      defaultId: 1,
      cancelId: 1,
    }
    const window = currentWindow()
    const { response } = await (window === null
      ? dialog.showMessageBox(options)
      : dialog.showMessageBox(window, options))
    return response === 0
  }

  async function end(): Promise<void> {
    phase = 'asking'
    if (!(await confirmed())) {
      phase = 'running'
      return
    }
    phase = 'ending'
    // The user is done: the window goes now, the engines in their own time.
    currentWindow()?.hide()
    try {
      await shutdown()
    } catch (error) {
      logWarning('quit', String(error))
    }
    phase = 'ended'
    app.quit()
  }

  app.on('before-quit', (event) => {
    if (phase === 'ended') return
    event.preventDefault()
    if (phase === 'running') void end()
  })
  // Closing the window is quitting; it stays open while that is asked.
  app.on('browser-window-created', (_event, window) => {
    window.on('close', (event) => {
      if (phase === 'ended') return
      event.preventDefault()
      app.quit()
    })
  })
  // Electron takes these signals for itself while it starts, and would ask like for a click.
  void app.whenReady().then(() => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        obey = true
        app.quit()
      })
    }
  })
}

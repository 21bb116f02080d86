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

export interface QuitSupervision {
  /** To be told of every change of a job: the last one that ends in the background ends the program. */
  jobChanged: () => void
  /** The window is wanted again. */
  windowShown: () => void
}

type QuitPhase = 'running' | 'asking' | 'background' | 'ending' | 'ended'
type Choice = 'background' | 'quit' | 'stay'

const choices = ['background', 'quit', 'stay'] as const
/** After one run the next of the queue may start. */
const idleBeforeQuitMs = 5_000

/**
 * Lets the app quit only after its engines are gone. Where that would end a training it asks first:
 * the training may also go on without a window, and the program then ends with it. A signal of the
 * system (Ctrl+C, shutdown) is obeyed without asking.
 */
export function superviseQuit({ activeJobs, shutdown, currentWindow, prompt }: QuitOptions): QuitSupervision {
  let phase: QuitPhase = 'running'
  let obey = !prompt

  async function choice(): Promise<Choice> {
    const training = activeJobs().find((job) => job.kind === 'train')
    if (obey || training === undefined) return 'quit'
    const options = {
      type: 'question' as const,
      message: `“${training.title}” is being trained`,
      detail:
        'It can go on without the window; start Vitrine again to see it. Or it is paused after its current step, and can be resumed later.',
      buttons: ['Go on in the background', 'Pause and quit', 'Cancel'],
      defaultId: 0,
      cancelId: 2,
    }
    const window = currentWindow()
    const { response } = await (window === null
      ? dialog.showMessageBox(options)
      : dialog.showMessageBox(window, options))
    return choices[response] ?? 'stay'
  }

  async function ask(): Promise<void> {
    const before = phase
    phase = 'asking'
    const chosen = await choice()
    if (chosen === 'quit') return end()
    phase = chosen === 'background' ? 'background' : before
    if (chosen === 'background') {
      currentWindow()?.hide()
      jobChanged()
    }
  }

  async function end(): Promise<void> {
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

  function jobChanged(): void {
    const isOver = (): boolean => phase === 'background' && activeJobs().length === 0
    if (!isOver()) return
    setTimeout(() => {
      if (isOver()) void end()
    }, idleBeforeQuitMs)
  }

  app.on('before-quit', (event) => {
    if (phase === 'ended') return
    event.preventDefault()
    if (phase === 'running' || phase === 'background') void ask()
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
  return {
    jobChanged,
    windowShown() {
      if (phase === 'background') phase = 'running'
    },
  }
}

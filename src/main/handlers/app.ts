import { VitrineError } from '@shared/errors'
import { currentLogFile, lastLogLines } from '../host/log'
import type { Services, WindowHandlers } from './services'

type AppRoutes = 'app.info' | 'app.diagnostics' | 'app.openLogs' | 'settings.get' | 'settings.set'

const loggedLines = 200

/** A home folder's name is a person's. */
function withoutHome(text: string): string {
  const own = process.env['HOME'] ?? process.env['USERPROFILE'] ?? ''
  return own.length < 2 ? text : text.replaceAll(own, '~')
}

export function appHandlers({ desktop, settings }: Services): Pick<WindowHandlers, AppRoutes> {
  return {
    'app.info': () => desktop.appInfo(),
    'app.diagnostics': () => {
      const facts = Object.entries(desktop.appInfo()).map(([name, value]) => `${name}: ${value}`)
      const parts = [facts.join('\n'), `settings: ${JSON.stringify(settings.get(), null, 2)}`, 'log:']
      return { text: withoutHome([...parts, ...lastLogLines(loggedLines)].join('\n')) }
    },
    'app.openLogs': () => {
      const file = currentLogFile()
      if (file === null) throw new VitrineError('unavailable', 'No log is kept: its folder can’t be written.')
      desktop.reveal(file)
      return {}
    },
    'settings.get': () => settings.get(),
    'settings.set': (wanted) => settings.set(wanted),
  }
}

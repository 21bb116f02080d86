import { VitrineError } from '@shared/errors'
import type { Services, WindowHandlers } from './services'

type RecentRoutes = 'recent.list' | 'recent.add' | 'recent.clear' | 'recent.open'

export function recentHandlers({ recent, openRequests }: Services): Pick<WindowHandlers, RecentRoutes> {
  return {
    'recent.list': () => ({ paths: [...recent.list()] }),
    'recent.add': async ({ path: file }) => {
      await recent.add(file)
      return {}
    },
    'recent.clear': async () => {
      await recent.clear()
      return {}
    },
    'recent.open': ({ path: file }) => {
      if (!recent.list().includes(file)) throw new VitrineError('not-found', `${file} is not among the recent files.`)
      openRequests.add([file])
      return {}
    },
  }
}

import type { Services, WindowHandlers } from './services'

export function appHandlers({
  desktop,
  settings,
}: Services): Pick<WindowHandlers, 'app.info' | 'settings.get' | 'settings.set'> {
  return {
    'app.info': () => desktop.appInfo(),
    'settings.get': () => settings.get(),
    'settings.set': (wanted) => settings.set(wanted),
  }
}

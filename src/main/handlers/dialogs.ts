import type { Services, WindowHandlers } from './services'

export function dialogHandlers({
  desktop,
}: Services): Pick<WindowHandlers, 'dialog.chooseFolder' | 'dialog.chooseImages' | 'dialog.chooseCheckpoint'> {
  return {
    'dialog.chooseFolder': async ({ title }) => ({ path: await desktop.chooseFolder(title) }),
    'dialog.chooseImages': async () => ({ paths: await desktop.chooseImages() }),
    'dialog.chooseCheckpoint': async () => ({ path: await desktop.chooseCheckpoint() }),
  }
}

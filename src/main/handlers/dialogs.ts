import type { Services, WindowHandlers } from './services'

type DialogRoute =
  'dialog.chooseFolder' | 'dialog.chooseDatasetFile' | 'dialog.chooseImages' | 'dialog.chooseCheckpoint'

export function dialogHandlers({ desktop }: Services): Pick<WindowHandlers, DialogRoute> {
  return {
    'dialog.chooseFolder': async ({ title }) => ({ path: await desktop.chooseFolder(title) }),
    'dialog.chooseDatasetFile': async () => ({ path: await desktop.chooseDatasetFile() }),
    'dialog.chooseImages': async () => ({ paths: await desktop.chooseImages() }),
    'dialog.chooseCheckpoint': async () => ({ path: await desktop.chooseCheckpoint() }),
  }
}

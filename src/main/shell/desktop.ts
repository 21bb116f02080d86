import os from 'node:os'
import { app, dialog, shell, type BrowserWindow, type OpenDialogOptions } from 'electron'
import type { Desktop } from '../handlers/services'

const imageExtensions = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif']
const datasetExtensions = ['zip', 'tar', 'gz', 'tgz', 'csv', 'tsv', 'json', 'jsonl', 'bin']

/** Native dialogs and what the system says of itself. */
export function electronDesktop(home: string, currentWindow: () => BrowserWindow | null): Desktop {
  async function choose(options: OpenDialogOptions): Promise<string[]> {
    const window = currentWindow()
    const { canceled, filePaths } = await (window === null
      ? dialog.showOpenDialog(options)
      : dialog.showOpenDialog(window, options))
    return canceled ? [] : filePaths
  }

  return {
    appInfo: () => ({
      version: app.getVersion(),
      electron: process.versions.electron,
      chromium: process.versions.chrome,
      node: process.versions.node,
      platform: `${os.type()} ${os.release()} ${process.arch}`,
      home,
      memoryBytes: os.totalmem(),
      cores: os.availableParallelism(),
    }),
    async chooseFolder(title) {
      const [folder] = await choose({ title, properties: ['openDirectory'] })
      return folder ?? null
    },
    async chooseDatasetFile() {
      const [file] = await choose({
        title: 'Choose an archive of images or a file of their labels',
        properties: ['openFile'],
        filters: [
          { name: 'Archives and labels', extensions: datasetExtensions },
          { name: 'All files', extensions: ['*'] },
        ],
      })
      return file ?? null
    },
    chooseImages: () =>
      choose({
        title: 'Choose images',
        properties: ['openFile', 'multiSelections'],
        filters: [{ name: 'Images', extensions: imageExtensions }],
      }),
    async chooseCheckpoint() {
      const [file] = await choose({
        title: 'Choose a checkpoint',
        properties: ['openFile'],
        filters: [{ name: 'Checkpoints', extensions: ['safetensors', 'npz', 'pt', 'pth', 'bin', 'json'] }],
      })
      return file ?? null
    },
    reveal: (file) => shell.showItemInFolder(file),
  }
}

/** Moves a folder to the system's trash; rejects where there is none. */
export function moveToTrash(folder: string): Promise<void> {
  return shell.trashItem(folder)
}

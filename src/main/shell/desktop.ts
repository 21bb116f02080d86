import os from 'node:os'
import path from 'node:path'
import { app, dialog, shell, type BrowserWindow, type OpenDialogOptions } from 'electron'
import type { Desktop } from '../handlers/services'

const imageExtensions = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif']
const datasetExtensions = ['zip', 'tar', 'gz', 'tgz', 'csv', 'tsv', 'json', 'jsonl', 'bin']

async function chooseFiles(window: BrowserWindow | null, options: OpenDialogOptions): Promise<string[]> {
  const { canceled, filePaths } = await (window === null
    ? dialog.showOpenDialog(options)
    : dialog.showOpenDialog(window, options))
  return canceled ? [] : filePaths
}

/** Native dialogs and what the system says of itself. */
export function electronDesktop(home: string, currentWindow: () => BrowserWindow | null): Desktop {
  const choose = (options: OpenDialogOptions): Promise<string[]> => chooseFiles(currentWindow(), options)

  /** Where the last file was saved: figures of one study belong together. */
  let lastFolder: string | null = null

  return {
    appInfo: () => ({
      version: app.getVersion(),
      electron: process.versions.electron,
      chromium: process.versions.chrome,
      node: process.versions.node,
      platform: `${os.type()} ${os.release()} ${process.arch}`,
      home,
      processor: os.cpus()[0]?.model.trim() ?? '',
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
    async chooseSavePath(suggestedName, filter) {
      const window = currentWindow()
      const folder = lastFolder ?? app.getPath('documents')
      const options = { defaultPath: path.join(folder, suggestedName), filters: [filter] }
      const { canceled, filePath } = await (window === null
        ? dialog.showSaveDialog(options)
        : dialog.showSaveDialog(window, options))
      if (canceled || filePath === '') return null
      lastFolder = path.dirname(filePath)
      return filePath
    },
    reveal: (file) => shell.showItemInFolder(file),
  }
}

/** Asks for whatever Vitrine opens. */
export function chooseToOpen(window: BrowserWindow | null, what: 'file' | 'folder'): Promise<string[]> {
  return chooseFiles(window, {
    title:
      what === 'folder' ? 'Open a folder of images' : 'Open images, a checkpoint, an archive or a run configuration',
    properties: what === 'folder' ? ['openDirectory'] : ['openFile', 'multiSelections'],
  })
}

/** Moves a folder to the system's trash; rejects where there is none. */
export function moveToTrash(folder: string): Promise<void> {
  return shell.trashItem(folder)
}

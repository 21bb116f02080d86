import path from 'node:path'
import { VitrineError } from '@shared/errors'
import { classifyFile } from '../host/fileKind'
import { exists } from '../host/folderNames'
import type { Services, WindowHandlers } from './services'

type FileRoutes = 'files.classify' | 'files.requested' | 'files.reveal'

export function fileHandlers({ desktop, openRequests }: Services): Pick<WindowHandlers, FileRoutes> {
  return {
    'files.classify': async ({ path: file }) => ({ kind: await classifyFile(file) }),
    'files.requested': async () => ({ files: await openRequests.take() }),
    async 'files.reveal'({ path: file }) {
      if (!path.isAbsolute(file) || !(await exists(file))) {
        throw new VitrineError('not-found', `There is no file or folder ${file}.`)
      }
      desktop.reveal(file)
      return {}
    },
  }
}

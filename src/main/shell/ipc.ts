import { ipcMain, type BrowserWindow } from 'electron'
import { eventsChannel, invokeChannel, type WindowEvent } from '@shared/contract/windowRoutes'
import type { Failure } from '@shared/errors'
import { dispatch } from '../handlers/dispatch'
import type { WindowHandlers } from '../handlers/services'
import { isOwnFrame } from './security'

const refused: Failure = { kind: 'unavailable', message: 'Only Vitrine’s own page may ask this.' }

/** Answers the window's requests; a frame that is not the window's own page gets nothing. */
export function serveRequests(handlers: WindowHandlers, developmentUrl: string | null): void {
  ipcMain.handle(invokeChannel, (event, route: unknown, input: unknown) =>
    isOwnFrame(event.senderFrame, developmentUrl) ? dispatch(handlers, route, input) : { ok: false, error: refused },
  )
}

export function sendEvents(window: BrowserWindow | null, events: WindowEvent[]): void {
  if (window === null || window.isDestroyed() || window.webContents.isCrashed()) return
  window.webContents.send(eventsChannel, events)
}

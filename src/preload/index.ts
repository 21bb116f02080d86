import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron'
import { bridgeName, eventsChannel, invokeChannel } from '@shared/contract/channels'
import type { VitrineBridge, WindowEvent } from '@shared/contract/windowRoutes'

const bridge: VitrineBridge = {
  invoke: (route, input) => ipcRenderer.invoke(invokeChannel, route, input),
  subscribe(listener) {
    // The event object stays here: it would hand the page a way to send anything to main.
    const forward = (_event: IpcRendererEvent, events: WindowEvent[]): void => listener(events)
    ipcRenderer.on(eventsChannel, forward)
    return () => {
      ipcRenderer.off(eventsChannel, forward)
    }
  },
  pathOf: (file) => webUtils.getPathForFile(file),
}

contextBridge.exposeInMainWorld(bridgeName, bridge)

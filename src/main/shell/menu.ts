import path from 'node:path'
import { app, Menu, type MenuItemConstructorOptions } from 'electron'
import type { MenuTarget } from '@shared/contract/windowRoutes'

export interface MenuActions {
  /** Has the window show one of its parts. */
  show: (what: MenuTarget) => void
  /** Asks for a file or folder to open. */
  open: (what: 'file' | 'folder') => void
  openRecent: (file: string) => void
  clearRecent: () => void
  openLogs: () => void
}

/** The window's own pages, whose keys the window listens to itself. */
const pages = ['Data', 'Model', 'Train', 'Runs', 'Inspect'] as const

/** Every item works; those that belong to the window are shown by it. */
export function installMenu(actions: MenuActions, recent: readonly string[]): void {
  const mac: MenuItemConstructorOptions[] = process.platform === 'darwin' ? [{ role: 'appMenu' }] : []
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...mac,
      fileMenu(actions, recent),
      { role: 'editMenu' },
      viewMenu(actions),
      helpMenu(actions),
    ]),
  )
}

function fileMenu(actions: MenuActions, recent: readonly string[]): MenuItemConstructorOptions {
  const files = recent.map((file): MenuItemConstructorOptions => ({
    // A single ampersand would mark a key.
    label: `${path.basename(file)} — ${path.dirname(file)}`.replaceAll('&', '&&'),
    click: () => actions.openRecent(file),
  }))
  return {
    label: '&File',
    submenu: [
      { label: 'Open File…', accelerator: 'CmdOrCtrl+O', click: () => actions.open('file') },
      { label: 'Open Folder of Images…', accelerator: 'CmdOrCtrl+Shift+O', click: () => actions.open('folder') },
      {
        label: 'Open Recent',
        enabled: files.length > 0,
        submenu: [...files, { type: 'separator' }, { label: 'Clear', click: actions.clearRecent }],
      },
      { type: 'separator' },
      { label: 'Settings', accelerator: 'CmdOrCtrl+,', click: () => actions.show('/settings') },
      { type: 'separator' },
      { role: 'quit' },
    ],
  }
}

function viewMenu(actions: MenuActions): MenuItemConstructorOptions {
  return {
    label: '&View',
    submenu: [
      ...pages.map((page, index): MenuItemConstructorOptions => ({
        label: page,
        accelerator: `CmdOrCtrl+${index + 1}`,
        registerAccelerator: false,
        click: () => actions.show(`/${page.toLowerCase()}`),
      })),
      { type: 'separator' },
      {
        label: 'Find Anything…',
        accelerator: 'CmdOrCtrl+K',
        registerAccelerator: false,
        click: () => actions.show('palette'),
      },
      { type: 'separator' },
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      { type: 'separator' },
      { role: 'togglefullscreen' },
      { role: 'toggleDevTools' },
    ],
  }
}

function helpMenu(actions: MenuActions): MenuItemConstructorOptions {
  return {
    role: 'help',
    submenu: [
      { label: 'Copy Diagnostics', click: () => actions.show('diagnostics') },
      { label: 'Open Log Folder', click: actions.openLogs },
      { type: 'separator' },
      { label: `About ${app.getName()}`, click: () => actions.show('about') },
    ],
  }
}

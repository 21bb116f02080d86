import type { Page } from 'playwright'

/** Drops a file on the window as the file manager would. */
export async function dropFile(page: Page, file: string): Promise<void> {
  await page.evaluate(() => {
    const input = document.createElement('input')
    input.type = 'file'
    input.id = 'dropped-file'
    input.setAttribute('aria-label', 'Dropped file')
    document.body.append(input)
  })
  await page.getByLabel('Dropped file').setInputFiles(file)
  await page.evaluate(() => {
    const input = document.querySelector('#dropped-file')
    if (!(input instanceof HTMLInputElement) || input.files === null) throw new Error('no file to drop')
    const transfer = new DataTransfer()
    for (const dropped of input.files) transfer.items.add(dropped)
    const options = { dataTransfer: transfer, bubbles: true, cancelable: true }
    for (const type of ['dragenter', 'dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, options))
    input.remove()
  })
}

/** Drags a folder from outside over the middle of the window and drops it there. */
export async function dropFolder(page: Page, folder: string): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const { width, height } = await page.evaluate(() => ({ width: innerWidth, height: innerHeight }))
  const data = { items: [], files: [folder], dragOperationsMask: 1 }
  const place = { x: width / 2, y: height / 2, data }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { ...place, type })
  }
  await session.detach()
}

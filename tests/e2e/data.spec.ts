import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import path from 'node:path'
import sharp from 'sharp'
import { zipFile } from '../support/zipFile'
import { dropFile } from './dropping'
import { expect, test, VitrineApp } from './fixtures'

/** Pictures of three colours, 12 each, one of them twice, and a file that is no picture. */
async function pictures(): Promise<{ name: string; bytes: Buffer }[]> {
  const files = [{ name: 'colours/red/broken.jpg', bytes: Buffer.from('not a picture') }]
  for (const [index, colour] of ['red', 'green', 'blue'].entries()) {
    for (let number = 0; number < 12; number++) {
      const channels = [index === 0 ? 255 : number, index === 1 ? 255 : number, index === 2 ? 255 : number * 3]
      const [r = 0, g = 0, b = 0] = channels
      const picture = sharp({ create: { width: 30 + number, height: 20, channels: 3, background: { r, g, b } } })
      files.push({ name: `colours/${colour}/${number}.png`, bytes: await picture.png().toBuffer() })
    }
  }
  const [, first] = files
  if (first !== undefined) files.push({ name: 'colours/red/again.png', bytes: first.bytes })
  return files
}

test('an archive is dropped, prepared, looked at, mended, renamed, deleted and brought back', async ({
  page,
  folder,
}) => {
  await mkdir(folder, { recursive: true })
  const archive = path.join(folder, 'colours.zip')
  await writeFile(archive, zipFile(await pictures()))
  await dropFile(page, archive)

  const dialog = page.getByRole('dialog', { name: 'Prepare images' })
  await expect(dialog.getByLabel('Source')).toHaveValue(archive)
  await expect(dialog.getByText(/3 classes/)).toBeVisible({ timeout: 60_000 })
  await dialog.getByLabel('Image size').fill('32')
  await dialog.getByRole('button', { name: 'Prepare', exact: true }).click()
  const list = page.getByRole('list', { name: 'Datasets' })
  const entry = list.getByRole('button', { name: /^colours/ })
  await expect(entry).toContainText('37 images · 3 classes', { timeout: 60_000 })

  const panel = page.getByRole('region', { name: 'colours' })
  await panel
    .getByRole('button', { name: /^Show image/ })
    .first()
    .click()
  const viewer = page.getByRole('dialog', { name: 'Image' })
  await expect(viewer.getByText('1 of 30')).toBeVisible()
  await page.keyboard.press('ArrowRight')
  await expect(viewer.getByText('2 of 30')).toBeVisible()
  await expect(viewer.getByText(/^colours\/.*\.png$/)).toBeVisible()
  await page.keyboard.press('Escape')

  await panel.getByRole('tab', { name: /Problems/ }).click()
  await expect(panel.getByText('colours/red/broken.jpg')).toBeVisible()
  await expect(panel.getByText(/One picture is there more than once/)).toBeVisible()
  await panel.getByRole('button', { name: 'Drop the copies' }).click()
  await expect(panel.getByText('None: no picture is there twice.')).toBeVisible({ timeout: 60_000 })
  await expect(entry).toContainText('36 images')

  await panel.getByRole('button', { name: 'Rename dataset' }).click()
  await page.getByLabel('New name').fill('Plain colours')
  await page.getByRole('button', { name: 'Rename', exact: true }).click()
  const renamed = list.getByRole('button', { name: /^Plain colours/ })
  await expect(renamed).toBeVisible()
  await page.getByRole('button', { name: 'Delete dataset' }).click()
  await expect(renamed).toBeHidden()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(renamed).toBeVisible()
})

test('a folder that holds no classes is refused before anything is prepared', async ({ app, page, folder }) => {
  const empty = path.join(folder, 'empty')
  await mkdir(empty, { recursive: true })
  await app.electron.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] })
  }, empty)
  await page.getByRole('button', { name: 'Prepare images…' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Prepare images' })
  await dialog.getByRole('button', { name: 'Folder…' }).click()
  await expect(dialog.getByText(/holds no images/)).toBeVisible({ timeout: 60_000 })
  await expect(dialog.getByRole('button', { name: 'Prepare', exact: true })).toBeDisabled()
})

/** A web server on this machine; its address, without the last slash. */
async function serve(listener: RequestListener): Promise<{ address: string } & AsyncDisposable> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port')
  return {
    address: `http://127.0.0.1:${bound.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('Imagenette comes from the address of the setting: cancelled, gone on with, and refused when it is another file', async ({
  folder,
}) => {
  const ranges: (string | undefined)[] = []
  const size = 300_000
  await using server = await serve((request, response) => {
    ranges.push(request.headers.range)
    const start = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0)
    const headers = { etag: '"it"', 'content-length': size - start }
    const range = { 'content-range': `bytes ${start}-${size - 1}/${size}` }
    response.writeHead(start > 0 ? 206 : 200, start > 0 ? { ...headers, ...range } : headers)
    // The first time nothing comes after the beginning.
    if (start > 0) response.end(Buffer.alloc(size - start))
    else response.write(Buffer.alloc(100_000))
  })
  await mkdir(folder, { recursive: true })
  await using app = await VitrineApp.launch(folder)
  const page = await app.window()
  await page.getByRole('button', { name: 'Get Imagenette…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Get Imagenette' })
  await dialog.getByLabel('Address').fill(server.address)
  await dialog.getByRole('button', { name: 'Download' }).click()
  await expect(dialog.getByText(/Getting Imagenette 160: Downloading/)).toBeVisible({ timeout: 60_000 })
  const part = path.join(app.home, 'downloads', 'imagenette2-160.tgz.part')
  await expect.poll(async () => (await readFile(part).catch(() => Buffer.alloc(0))).length).toBe(100_000)
  await dialog.getByRole('button', { name: 'Cancel the download' }).click()
  await dialog.getByRole('button', { name: 'Go on' }).click({ timeout: 30_000 })
  const jobs = page.getByRole('region', { name: 'Jobs' })
  await expect(jobs.getByText(/its checksum is wrong.* thrown away/)).toBeVisible({ timeout: 60_000 })
  expect(ranges).toEqual([undefined, 'bytes=100000-'])
  expect(JSON.parse(await readFile(path.join(folder, 'user-data', 'settings.json'), 'utf8'))).toMatchObject({
    downloadAddress: server.address,
  })
})

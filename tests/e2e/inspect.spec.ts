import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright'
import sharp from 'sharp'
import { formatMeasure, formatPercent } from '../../src/shared/format/numbers'
import { dropFile } from './dropping'
import { expect, test } from './fixtures'

/** The inspection lab in the real window: its numbers are those of the command line. */

const run = promisify(execFile)
const checkout = path.resolve(import.meta.dirname, '..', '..')
const command = path.join(checkout, 'scripts', 'vitrine.mjs')
/** Made by PyTorch: 16 px in patches of 4, two layers of two heads, three classes. */
const published = path.join(checkout, 'tests', 'golden', 'layouts', 'hf-vit-state-dict')
const side = 4

async function vitrine(home: string, ...words: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [command, ...words], { env: { ...process.env, VITRINE_HOME: home } })
  return stdout
}

/** A JPEG with a light spot on a coloured ground, as a camera might see a ball. */
async function photograph(file: string, ground: string, spot: { left: number; top: number }): Promise<string> {
  const ball = Buffer.from(
    `<svg width="120" height="90"><rect width="120" height="90" fill="${ground}"/><circle cx="${spot.left}" cy="${spot.top}" r="22" fill="#f4d35e"/></svg>`,
  )
  await sharp(ball).jpeg({ quality: 92 }).toFile(file)
  return file
}

/** float32 values of an `.npy` file. */
async function floatsOf(file: string): Promise<Float32Array> {
  const bytes = await readFile(file)
  const start = 10 + bytes.readUInt16LE(8)
  return new Float32Array(Uint8Array.from(bytes.subarray(start)).buffer)
}

/** Attention of one token of one head to the patches, from `attention.npy` [L,1,H,N,N] with a class token. */
function rowOf(
  attention: Float32Array,
  at: { heads: number; tokens: number; layer: number; head: number; query: number },
) {
  const { heads, tokens, layer, head, query } = at
  const start = ((layer * heads + head) * tokens + query) * tokens
  return Array.from(attention.subarray(start + 1, start + tokens))
}

function scaleWords(values: readonly number[], name: string): string {
  return `${name}: from ${formatMeasure(Math.min(...values))} to ${formatMeasure(Math.max(...values))}`
}

function scale(page: Page, column: string) {
  return page.getByRole('region', { name: column, exact: true }).getByRole('img', { name: /: from / })
}

test('a checkpoint of PyTorch and two photographs: what is shown is what the command line says', async ({
  app,
  page,
  folder,
}) => {
  const model = path.join(folder, 'published')
  await cp(published, model, { recursive: true })
  const checkpoint = path.join(model, 'pytorch_model.bin')
  const first = await photograph(path.join(folder, 'ball.jpg'), '#1d3557', { left: 40, top: 40 })
  const second = await photograph(path.join(folder, 'sun.jpg'), '#a8dadc', { left: 85, top: 30 })
  await dropFile(page, checkpoint)
  await dropFile(page, first)
  await dropFile(page, second)
  await page.getByRole('button', { name: 'Show ball.jpg' }).click()
  const predictions = page.getByRole('region', { name: 'Predictions' })

  for (const file of [second, first]) {
    await page.getByRole('button', { name: `Show ${path.basename(file)}` }).click()
    const said: { probabilities: number[][]; classes: string[] } = JSON.parse(
      await vitrine(app.home, 'predict', checkpoint, file, '--json'),
    )
    for (const [index, name] of said.classes.entries()) {
      const line = predictions.getByRole('listitem').filter({ hasText: name })
      await expect(line).toContainText(formatPercent(said.probabilities[0]?.[index] ?? 0))
    }
  }

  const out = path.join(folder, 'attended')
  await vitrine(app.home, 'attend', checkpoint, first, '--method', 'raw', '--out', out)
  const attention = await floatsOf(path.join(out, 'attention.npy'))
  const sizes = { heads: 2, tokens: 1 + side * side }
  const words = 'attention of each patch'

  await page.getByRole('combobox', { name: 'Layer' }).click()
  await page.getByText('Layer 1', { exact: true }).click()
  await page.getByRole('combobox', { name: 'Heads' }).click()
  await page.getByText('Head 2', { exact: true }).click()
  const classRow = rowOf(attention, { ...sizes, layer: 0, head: 1, query: 0 })
  await expect(scale(page, 'Attention')).toHaveAccessibleName(scaleWords(classRow, words))

  const map = page.getByRole('img', { name: 'Attention map' })
  const box = await map.boundingBox()
  if (box === null) throw new Error('the map is not shown')
  await map.click({ position: { x: box.width / 2 + 4, y: box.height / 2 + 4 } })
  await expect(page.getByLabel('Query token')).toHaveText(/row 3, column 3/)
  const patchRow = rowOf(attention, { ...sizes, layer: 0, head: 1, query: 1 + 2 * side + 2 })
  await expect(scale(page, 'Attention')).toHaveAccessibleName(scaleWords(patchRow, words))
  await page.getByRole('button', { name: 'Class token' }).click()

  await vitrine(app.home, 'attend', checkpoint, first, '--method', 'rollout', '--head', '1', '--out', out)
  const rollout = Array.from((await floatsOf(path.join(out, 'rollout.npy'))).subarray(1, sizes.tokens))
  await page.getByLabel('Method').getByText('Rollout').click()
  await expect(scale(page, 'Rollout')).toHaveAccessibleName(scaleWords(rollout, 'rollout of each patch'))
})

/** A run that keeps every epoch, trained by the headless command into the app's home. */
async function trainThreeEpochs(home: string): Promise<string> {
  await mkdir(home, { recursive: true })
  const config = path.join(home, 'kept.json')
  await writeFile(
    config,
    JSON.stringify({
      name: 'kept',
      data: { dataset: 'sample:digits', augment: 'none' },
      model: { patchSize: 8, embedDim: 32, depth: 2, numHeads: 2, mlpRatio: 2 },
      train: {
        epochs: 3,
        optimizer: { lr: 3e-3 },
        schedule: { name: 'constant', warmupEpochs: 0 },
        checkpoints: { everyEpochs: 1 },
      },
    }),
  )
  await vitrine(home, 'train', config)
  const [runId = ''] = await readdir(path.join(home, 'runs'))
  return path.join(home, 'runs', runId, 'snapshots')
}

test('two epochs of a run side by side, with their difference', async ({ app, page, folder }) => {
  const snapshots = await trainThreeEpochs(app.home)
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Runs' }).click()
  await page.getByRole('link', { name: 'kept' }).click()
  await page.getByRole('tab', { name: 'Through training' }).click()
  await expect(page.getByRole('img', { name: 'Position similarity' })).toBeVisible({ timeout: 60_000 })
  // The tab that was clicked keeps the arrow keys for itself.
  await page.getByText('Epoch 3', { exact: true }).click()
  await page.keyboard.press('ArrowLeft')
  await expect(page.getByText('Epoch 2', { exact: true })).toBeVisible()
  await expect(page.getByRole('img', { name: /attention distance in px over the epochs/ })).toBeVisible()

  await page.getByRole('button', { name: 'Compare first and last' }).click()
  const photo = await photograph(path.join(folder, 'ball.jpg'), '#1d3557', { left: 40, top: 40 })
  await dropFile(page, photo)
  await expect(page.getByRole('img', { name: 'Difference map' })).toBeVisible({ timeout: 60_000 })

  const rows: number[][] = []
  for (const epoch of ['epoch-0001', 'epoch-0003']) {
    const out = path.join(folder, epoch)
    await vitrine(
      app.home,
      'attend',
      path.join(snapshots, `${epoch}.safetensors`),
      photo,
      '--method',
      'raw',
      '--out',
      out,
    )
    const attention = await floatsOf(path.join(out, 'attention.npy'))
    const tokens = Math.sqrt(attention.length / (2 * 2))
    rows.push(rowOf(attention, { heads: 2, tokens, layer: 1, head: 0, query: 0 }))
  }
  const [before = [], after = []] = rows
  await page.getByRole('combobox', { name: 'Heads' }).click()
  await page.getByText('Head 1', { exact: true }).click()
  await expect(scale(page, 'Epoch 1')).toHaveAccessibleName(scaleWords(before, ''))
  await expect(scale(page, 'Epoch 3')).toHaveAccessibleName(scaleWords(after, ''))
  const largest = Math.max(...after.map((value, patch) => Math.abs(value - (before[patch] ?? 0))))
  await expect(scale(page, 'Difference')).toHaveAccessibleName(scaleWords([-largest, largest], ''))
  await expect(page.getByRole('region', { name: 'Predictions' }).getByRole('columnheader')).toContainText([
    'Class',
    'Epoch 1',
    'Epoch 3',
  ])
})

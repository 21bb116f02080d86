import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { promisify } from 'node:util'
import { z } from 'zod'
import { doctorItemSchema, type DoctorItem, type DoctorReport } from '@shared/contract/records'
import { homeFolder } from '@shared/folders'

const setUpAgain = 'npm run setup'
const oldestNodeMajor = 22

/** What set-up knows of packages, Electron and builds; the launching script puts it there as JSON. */
const setupChecks = 'VITRINE_SETUP_CHECKS'

/**
 * Tells what this machine has for training and what is missing. A part that can't be loaded is an
 * item with the command that mends it, never an exception.
 */
export async function doctor(): Promise<DoctorReport> {
  const items = [
    node(),
    ...(await tensorflow()),
    await graphicsCards(),
    await imageLibrary(),
    present('Threads', String(availableParallelism())),
    present('Memory', `${gibibytes(totalmem())} GiB, ${gibibytes(freemem())} GiB free`),
    await home(),
    ...fromSetup(),
  ]
  return { ok: items.every((item) => item.ok), items }
}

function present(name: string, found: string): DoctorItem {
  return { name, found, ok: true, mend: null }
}

function missing(name: string, mend: string, found: string | null = null): DoctorItem {
  return { name, found, ok: false, mend }
}

function node(): DoctorItem {
  const version = process.versions.node
  return Number(version.split('.')[0]) >= oldestNodeMajor
    ? present('Node', `${version} (${process.execPath})`)
    : missing('Node', setUpAgain, version)
}

async function tensorflow(): Promise<DoctorItem[]> {
  try {
    const { deviceKind, libraryVersion } = await import('@engine/backend/tensorflow')
    return [present('TensorFlow', libraryVersion()), present('Device', deviceKind())]
  } catch (error) {
    return [missing('TensorFlow', setUpAgain, reason(error)), missing('Device', setUpAgain)]
  }
}

/** NVIDIA's cards, as its driver names them. Having none is no fault. */
async function graphicsCards(): Promise<DoctorItem> {
  try {
    const query = ['--query-gpu=name,memory.total', '--format=csv,noheader']
    const { stdout } = await promisify(execFile)('nvidia-smi', query)
    return present('GPUs', stdout.trim().split('\n').join('; '))
  } catch {
    return present('GPUs', 'none')
  }
}

async function imageLibrary(): Promise<DoctorItem> {
  try {
    const { default: sharp } = await import('sharp')
    await sharp({ create: { width: 1, height: 1, channels: 3, background: 'black' } })
      .png()
      .toBuffer()
    return present('sharp', `${sharp.versions.sharp}, libvips ${sharp.versions.vips}`)
  } catch (error) {
    return missing('sharp', 'npm ci --ignore-scripts', reason(error))
  }
}

async function home(): Promise<DoctorItem> {
  const folder = homeFolder(process.env, process.platform)
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    return present('Home', folder)
  } catch {
    return missing('Home', 'set VITRINE_HOME to a folder that you may write to', `${folder} can’t be written`)
  }
}

function fromSetup(): DoctorItem[] {
  const given = process.env[setupChecks]
  return given === undefined ? [] : z.array(doctorItemSchema).parse(JSON.parse(given))
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n')[0] ?? message
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1)
}

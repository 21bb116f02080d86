import { access, readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { VitrineError } from '@shared/errors'
import { parseJson } from '@shared/json'

/** The app as it lies on disk. */
export interface AppPlaces {
  /** Folder with `package.json` and `out/`; an archive in a packaged app. */
  appFolder: string
  packaged: boolean
  /** Electron's `process.resourcesPath`. */
  resourcesPath: string
}

export interface EngineLocation {
  /** The Node that runs engines; not Electron, whose own GLib clashes with the image library's. */
  node: string
  /** Built entry of the engine. */
  entry: string
  /** Folder with what comes packed with the app. */
  resources: string
}

/** `.vitrine/runtime.json`, written by set-up. */
const runtimeSchema = z.object({ node: z.string() })

const setUpAgain = 'start Vitrine with "npm start", which sets it up'

async function developmentNode(appFolder: string, override: string | undefined): Promise<string> {
  if (override !== undefined && override !== '') return override
  const file = path.join(appFolder, '.vitrine', 'runtime.json')
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new VitrineError('unavailable', `The engine has not been set up (${file} is missing): ${setUpAgain}.`, {
      cause: error,
    })
  }
  const runtime = runtimeSchema.safeParse(parseJson(text))
  if (!runtime.success) {
    throw new VitrineError('unavailable', `${file} does not name the engine's Node: delete it and ${setUpAgain}.`)
  }
  return path.resolve(appFolder, runtime.data.node)
}

async function mustExist(file: string, what: string): Promise<void> {
  try {
    await access(file)
  } catch (error) {
    throw new VitrineError('unavailable', `${what} is missing (${file}): ${setUpAgain}.`, { cause: error })
  }
}

/**
 * Finds the Node and the program that engines run on. `VITRINE_NODE` names another Node.
 * @throws VitrineError `unavailable` that says what is missing.
 */
export async function locateEngine(
  places: AppPlaces,
  environment: Record<string, string | undefined>,
): Promise<EngineLocation> {
  // Plain Node does not read Electron's archives: the engine lies unpacked beside the archive.
  const unpacked = places.packaged ? places.appFolder.replace(/\.asar$/, '.asar.unpacked') : places.appFolder
  const location: EngineLocation = {
    node: places.packaged
      ? path.join(places.resourcesPath, 'node', 'bin', 'node')
      : await developmentNode(places.appFolder, environment['VITRINE_NODE']),
    entry: path.join(unpacked, 'out', 'main', 'engine', 'serve.js'),
    resources: places.packaged
      ? path.join(places.resourcesPath, 'resources')
      : path.join(places.appFolder, 'resources'),
  }
  await mustExist(location.node, "The engine's Node")
  await mustExist(location.entry, 'The engine')
  return location
}

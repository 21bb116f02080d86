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
const installAgain = 'install Vitrine again'

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

async function mustExist(file: string, what: string, mend: string): Promise<void> {
  try {
    await access(file)
  } catch (error) {
    throw new VitrineError('unavailable', `${what} is missing (${file}): ${mend}.`, { cause: error })
  }
}

/** Beside Electron's archive of the app, which plain Node does not read. */
function packagedEngine(resourcesPath: string): EngineLocation {
  return {
    node: path.join(resourcesPath, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node'),
    entry: path.join(resourcesPath, 'engine', 'serve.js'),
    resources: path.join(resourcesPath, 'samples'),
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
  const location = places.packaged
    ? packagedEngine(places.resourcesPath)
    : {
        node: await developmentNode(places.appFolder, environment['VITRINE_NODE']),
        entry: path.join(places.appFolder, 'out', 'main', 'engine', 'serve.js'),
        resources: path.join(places.appFolder, 'out', 'resources'),
      }
  const mend = places.packaged ? installAgain : setUpAgain
  await mustExist(location.node, "The engine's Node", mend)
  await mustExist(location.entry, 'The engine', mend)
  return location
}

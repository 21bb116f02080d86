import { engineEnvironment } from '@shared/contract/engineMessages'
import { engineHandlers } from '@engine/server/handlers'
import { EngineServer } from '@engine/server/server'
import { parentTransport } from '@engine/server/transport'

/** Entry of every engine process that main starts; the channel is the one of `child_process.fork`. */

function place(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set`)
  return value
}

// Ctrl+C in a terminal reaches the whole process group. Main decides what happens to its engines:
// a training run is asked to stop after its step instead of dying within it.
process.on('SIGINT', () => undefined)

const handlers = engineHandlers({
  home: place(engineEnvironment.home),
  resources: place(engineEnvironment.resources),
})
new EngineServer(parentTransport(), handlers, (code) => process.exit(code)).start()

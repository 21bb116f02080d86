import { appHandlers } from './app'
import { correctionHandlers } from './corrections'
import { datasetHandlers } from './datasets'
import { dialogHandlers } from './dialogs'
import { evaluationHandlers } from './evaluations'
import { exportHandlers } from './exports'
import { fileHandlers } from './files'
import { inspectHandlers } from './inspect'
import { jobHandlers } from './jobs'
import { queueHandlers } from './queue'
import { recentHandlers } from './recent'
import { runHandlers } from './runs'
import type { Services, WindowHandlers } from './services'

/** All routes of the window; a route without a handler does not compile. */
export function windowHandlers(services: Services): WindowHandlers {
  return {
    ...appHandlers(services),
    ...dialogHandlers(services),
    ...fileHandlers(services),
    ...datasetHandlers(services),
    ...correctionHandlers(services),
    ...recentHandlers(services),
    ...runHandlers(services),
    ...queueHandlers(services),
    ...evaluationHandlers(services),
    ...exportHandlers(services),
    ...jobHandlers(services),
    ...inspectHandlers(services),
  }
}

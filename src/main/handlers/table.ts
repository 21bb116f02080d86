import { appHandlers } from './app'
import { datasetHandlers } from './datasets'
import { dialogHandlers } from './dialogs'
import { evaluationHandlers } from './evaluations'
import { fileHandlers } from './files'
import { inspectHandlers } from './inspect'
import { jobHandlers } from './jobs'
import { runHandlers } from './runs'
import type { Services, WindowHandlers } from './services'

/** All routes of the window; a route without a handler does not compile. */
export function windowHandlers(services: Services): WindowHandlers {
  return {
    ...appHandlers(services),
    ...dialogHandlers(services),
    ...fileHandlers(services),
    ...datasetHandlers(services),
    ...runHandlers(services),
    ...evaluationHandlers(services),
    ...jobHandlers(services),
    ...inspectHandlers(services),
  }
}

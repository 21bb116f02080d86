import { z } from 'zod'
import { webAddressSchema } from './records'

/** What a person sets for the whole program; every part has a default, so that older files stay valid. */
export const settingsSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  decimalSign: z.enum(['point', 'comma']).default('point'),
  /** Where runs and datasets are kept, from the next start on; null for the platform's place. */
  dataFolder: z.string().min(1).nullable().default(null),
  /** Threads of an engine's arithmetic; null for all of the processor's. */
  threads: z.int('must be a whole number').min(1, 'must be at least 1').max(1024).nullable().default(null),
  device: z.enum(['best', 'processor']).default('best'),
  /** Memory that one training may take; null for what is free. */
  memoryLimitGiB: z.number().positive('must be above 0').nullable().default(null),
  /** A notification of the system when a run ends while the window is not in front. */
  notifies: z.boolean().default(true),
  /** Folder on the web that archives of datasets are fetched from; absent for the publisher's own. */
  downloadAddress: webAddressSchema.optional(),
  /** Whether a newer version is looked for at every start, and where. */
  looksForUpdates: z.boolean().default(false),
  updateAddress: webAddressSchema.nullable().default(null),
})
export type Settings = z.output<typeof settingsSchema>

export const defaultSettings: Settings = settingsSchema.parse({})

import { Boxes, Database, GraduationCap, ListChecks, ScanEye } from '@lucide/vue'

/** The pages of the rail, in the order of the work. */
export const pages = [
  { path: '/data', title: 'Data', icon: Database },
  { path: '/model', title: 'Model', icon: Boxes },
  { path: '/train', title: 'Train', icon: GraduationCap },
  { path: '/runs', title: 'Runs', icon: ListChecks },
  { path: '/inspect', title: 'Inspect', icon: ScanEye },
] as const

import { execFileSync } from 'node:child_process'
import { checkout } from './setup/places.mjs'

/** Has git run the quick checks before each commit of this clone; `git config --unset core.hooksPath` undoes it. */

execFileSync('git', ['config', 'core.hooksPath', 'scripts/hooks'], { cwd: checkout, stdio: 'inherit' })
console.log('Formatting, lint and types are checked before each commit from now on.')

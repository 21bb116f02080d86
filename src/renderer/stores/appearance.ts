import { usePreferredDark } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { defaultSettings, type Settings } from '@shared/contract/settings'
import type { WindowOutput } from '@shared/contract/windowRoutes'
import { setDecimalSign } from '../format/numbers'
import type { Failure } from '@shared/errors'
import { invoke } from '../ipc/client'
import type { EffectiveTheme } from '../theme'
import { useNotices } from './notices'

export type AppInfo = WindowOutput<'app.info'>

/** The settings, what is known of the machine, and the theme that follows from both. */
export const useAppearance = defineStore('appearance', () => {
  const settings = shallowRef<Settings>(defaultSettings)
  const info = shallowRef<AppInfo | null>(null)
  const prefersDark = usePreferredDark()
  const notices = useNotices()

  const theme = computed((): EffectiveTheme => {
    if (settings.value.theme === 'system') return prefersDark.value ? 'dark' : 'light'
    return settings.value.theme
  })

  async function load(): Promise<void> {
    const [kept, machine] = await Promise.all([invoke('settings.get', {}), invoke('app.info', {})])
    if (kept.ok) settings.value = kept.value
    else notices.failure(kept.error)
    if (machine.ok) info.value = machine.value
    else notices.failure(machine.error)
  }

  /** What is written is what is kept: a setting that main refuses goes back to what it was. */
  async function keep(changes: Partial<Settings>): Promise<Failure | null> {
    const before = settings.value
    settings.value = { ...before, ...changes }
    const answer = await invoke('settings.set', settings.value)
    settings.value = answer.ok ? answer.value : before
    return answer.ok ? null : answer.error
  }

  async function change(changes: Partial<Settings>): Promise<void> {
    const failure = await keep(changes)
    if (failure !== null) notices.failure(failure)
  }

  // Before anything that follows the settings is drawn again.
  watch(
    () => settings.value.decimalSign,
    (sign) => setDecimalSign(sign),
    { flush: 'sync' },
  )

  return { settings, info, theme, load, keep, change }
})

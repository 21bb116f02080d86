import { usePreferredDark } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { Settings, WindowOutput } from '@shared/contract/windowRoutes'
import { invoke } from '../ipc/client'
import type { EffectiveTheme } from '../theme'
import { useNotices } from './notices'

export type AppInfo = WindowOutput<'app.info'>

/** The settings, what is known of the machine, and the theme that follows from both. */
export const useAppearance = defineStore('appearance', () => {
  const settings = shallowRef<Settings>({ theme: 'system' })
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

  async function setTheme(choice: Settings['theme']): Promise<void> {
    settings.value = { ...settings.value, theme: choice }
    const answer = await invoke('settings.set', settings.value)
    if (answer.ok) settings.value = answer.value
    else notices.failure(answer.error)
  }

  return { settings, info, theme, load, setTheme }
})

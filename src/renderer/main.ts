import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { config } from 'zod'
import App from './App.vue'
import { combobox } from './directives/combobox'
import { router } from './router'
import { usePageTurn } from './stores/pageTurn'
import './styles.css'

// The content security policy forbids the compiled parsers that zod would otherwise make.
config({ jitless: true })

const pinia = createPinia()
usePageTurn(pinia).guide(router)
createApp(App).use(pinia).use(router).directive('combobox', combobox).mount('#app')

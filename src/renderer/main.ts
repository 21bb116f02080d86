import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { config } from 'zod'
import App from './App.vue'
import { router } from './router'
import './styles.css'

// The content security policy forbids the compiled parsers that zod would otherwise make.
config({ jitless: true })

createApp(App).use(createPinia()).use(router).mount('#app')

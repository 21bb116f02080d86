import { createRouter, createWebHashHistory } from 'vue-router'
import CompareView from './views/CompareView.vue'
import DataView from './views/DataView.vue'
import InspectView from './views/InspectView.vue'
import ModelView from './views/ModelView.vue'
import RunView from './views/RunView.vue'
import RunsView from './views/RunsView.vue'
import SettingsView from './views/SettingsView.vue'
import TrainView from './views/TrainView.vue'

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', redirect: '/data' },
    { path: '/data', name: 'data', component: DataView, meta: { title: 'Data' } },
    { path: '/model', name: 'model', component: ModelView, meta: { title: 'Model' } },
    { path: '/train', name: 'train', component: TrainView, meta: { title: 'Train' } },
    { path: '/runs', name: 'runs', component: RunsView, meta: { title: 'Runs' } },
    {
      path: '/runs/compare/:runIds+',
      name: 'compare',
      component: CompareView,
      props: true,
      meta: { title: 'Compare runs' },
    },
    { path: '/runs/:runId', name: 'run', component: RunView, props: true, meta: { title: 'Run' } },
    { path: '/settings', name: 'settings', component: SettingsView, meta: { title: 'Settings' } },
    { path: '/inspect', name: 'inspect', component: InspectView, meta: { title: 'Inspect' } },
  ],
})

declare module 'vue-router' {
  interface RouteMeta {
    title: string
  }
}

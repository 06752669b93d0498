import { StreamsModule } from '@hiveframe/streams-nestjs';
import { Module } from '@nestjs/common';
import { OrdersModule } from './orders/orders.module.js';
import { SettingsModule } from './settings.module.js';
import { Settings } from './settings.js';
import { streamsOptions } from './streams-options.js';

@Module({
  imports: [
    SettingsModule,
    StreamsModule.forRootAsync({ inject: [Settings], useFactory: streamsOptions }),
    OrdersModule,
  ],
})
export class AppModule {}

#!/bin/sh
H=/tmp/rt/home
CP=; for j in $H/lib/*.jar; do CP=$CP:$j; done
exec $H/runtime/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dio.netty.noUnsafe=true -Dio.netty.allocator.maxOrder=3 @$H/runtime/options -XX:AOTCache=$H/runtime/agent.aot -Dclickhouse-backup-agent.home=$H -Dclickhouse-backup-agent.terminal=false -cp ${CP#:}:/tmp/rt/samp Sampler "$@"

package io.github.clickhousebackupagent.internal.metrics;

import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;

/**
 * What Micrometer tells of the Java machine and the process. Made when somebody asks for it first:
 * who does not watch an agent does not pay for it. Thread-safe.
 */
public final class ProcessMetrics implements AutoCloseable {

    private PrometheusMeterRegistry registry;
    private JvmGcMetrics collections;
    private boolean closed;

    /** Returns them as they are now. */
    synchronized MetricSnapshots collect() {
        if (closed) {
            return MetricSnapshots.of();
        }
        if (registry == null) {
            registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            collections = new JvmGcMetrics();
            collections.bindTo(registry);
            new JvmMemoryMetrics().bindTo(registry);
            new JvmThreadMetrics().bindTo(registry);
            new ClassLoaderMetrics().bindTo(registry);
            new ProcessorMetrics().bindTo(registry);
            new FileDescriptorMetrics().bindTo(registry);
            new UptimeMetrics().bindTo(registry);
        }
        return registry.getPrometheusRegistry().scrape();
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (registry != null) {
            collections.close();
            registry.close();
        }
    }
}

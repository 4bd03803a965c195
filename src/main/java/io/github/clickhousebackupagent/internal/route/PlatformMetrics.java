package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.internal.metrics.AgentMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import org.apache.camel.CamelContext;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Puts the metrics of an embedded agent among those that its platform tells Prometheus. To be used
 * where {@link Embedding} has found the library that they are made with.
 */
final class PlatformMetrics {

    private static final Logger LOG = LogManager.getLogger(PlatformMetrics.class);

    private PlatformMetrics() {}

    /**
     * Does nothing where the platform has no registry for Prometheus as a bean.
     *
     * @return what takes them out again
     */
    static Runnable put(CamelContext context, AgentMetrics metrics) {
        PrometheusRegistry registry =
                context.getRegistry().findSingleByType(PrometheusRegistry.class);
        if (registry == null) {
            LOG.debug("The platform has no PrometheusRegistry that metrics could be put into");
            return () -> {};
        }
        registry.register(metrics);
        return () -> registry.unregister(metrics);
    }
}

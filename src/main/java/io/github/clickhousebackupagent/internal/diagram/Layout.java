package io.github.clickhousebackupagent.internal.diagram;

import io.github.clickhousebackupagent.internal.diagram.Graph.Cluster;
import io.github.clickhousebackupagent.internal.diagram.Graph.Edge;
import io.github.clickhousebackupagent.internal.diagram.Graph.Node;
import io.github.clickhousebackupagent.internal.diagram.Graph.Way;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.elk.alg.layered.options.CycleBreakingStrategy;
import org.eclipse.elk.alg.layered.options.LayeredMetaDataProvider;
import org.eclipse.elk.alg.layered.options.LayeredOptions;
import org.eclipse.elk.alg.layered.options.NodePlacementStrategy;
import org.eclipse.elk.core.RecursiveGraphLayoutEngine;
import org.eclipse.elk.core.data.LayoutMetaDataService;
import org.eclipse.elk.core.math.ElkPadding;
import org.eclipse.elk.core.math.KVector;
import org.eclipse.elk.core.options.CoreOptions;
import org.eclipse.elk.core.options.Direction;
import org.eclipse.elk.core.options.EdgeRouting;
import org.eclipse.elk.core.options.HierarchyHandling;
import org.eclipse.elk.core.options.SizeConstraint;
import org.eclipse.elk.core.util.BasicProgressMonitor;
import org.eclipse.elk.graph.ElkBendPoint;
import org.eclipse.elk.graph.ElkEdge;
import org.eclipse.elk.graph.ElkEdgeSection;
import org.eclipse.elk.graph.ElkGraphElement;
import org.eclipse.elk.graph.ElkLabel;
import org.eclipse.elk.graph.ElkNode;
import org.eclipse.elk.graph.util.ElkGraphUtil;

/** Where everything is in a picture; by the layered algorithm of the Eclipse Layout Kernel. */
final class Layout {

    /** A point, in pixels from the upper left corner of the picture. */
    record Point(double x, double y) {}

    /** A rectangle, by its upper left corner and its size in pixels. */
    record Box(double x, double y, double width, double height) {
        double middle() {
            return x + width / 2;
        }
    }

    /**
     * An edge as it is drawn.
     *
     * @param points from its beginning to its end
     * @param label where its label is; null: it has none
     */
    record Line(List<Point> points, Box label) {}

    static final double TEXT = 13;
    static final double LINE = 17;
    static final double LABEL = 12;
    static final double LABEL_LINE = 15;
    static final int LABEL_WORDS = 20;

    private final Graph graph;
    private final Map<String, ElkNode> nodes = new LinkedHashMap<>();
    private final Map<Edge, ElkEdge> edges = new LinkedHashMap<>();
    private final ElkNode root = ElkGraphUtil.createGraph();

    private Layout(Graph graph) {
        this.graph = graph;
    }

    /** Returns where everything of a graph is. */
    static Layout of(Graph graph) {
        Layout layout = new Layout(graph);
        layout.make();
        return layout;
    }

    private void make() {
        LayoutMetaDataService.getInstance()
                .registerLayoutMetaDataProviders(new CoreOptions(), new LayeredMetaDataProvider());
        root.setProperty(CoreOptions.ALGORITHM, LayeredOptions.ALGORITHM_ID);
        root.setProperty(CoreOptions.HIERARCHY_HANDLING, HierarchyHandling.INCLUDE_CHILDREN);
        options(root);
        root.setProperty(CoreOptions.PADDING, new ElkPadding(16));
        for (Cluster cluster : graph.clusters()) {
            ElkNode node = ElkGraphUtil.createNode(around(cluster.parent()));
            options(node);
            node.setProperty(CoreOptions.PADDING, new ElkPadding(40, 14, 14, 14));
            node.setProperty(
                    CoreOptions.NODE_SIZE_CONSTRAINTS, EnumSet.of(SizeConstraint.MINIMUM_SIZE));
            node.setProperty(CoreOptions.NODE_SIZE_MINIMUM, new KVector(title(cluster) + 28, 60));
            nodes.put(cluster.id(), node);
        }
        for (Node node : graph.nodes()) {
            ElkNode box = ElkGraphUtil.createNode(around(node.cluster()));
            KVector size = size(node);
            box.setDimensions(size.x, size.y);
            nodes.put(node.id(), box);
        }
        for (Edge edge : graph.edges()) {
            ElkEdge line =
                    ElkGraphUtil.createSimpleEdge(nodes.get(edge.from()), nodes.get(edge.to()));
            if (!edge.label().isEmpty()) {
                List<String> words = Words.wrap(edge.label(), LABEL_WORDS);
                ElkLabel label = ElkGraphUtil.createLabel(edge.label(), line);
                label.setDimensions(
                        words.stream().mapToDouble(w -> Words.width(w, LABEL)).max().orElse(0) + 6,
                        words.size() * LABEL_LINE + 2);
                label.setProperty(CoreOptions.EDGE_LABELS_INLINE, true);
            }
            line.setProperty(LayeredOptions.PRIORITY_DIRECTION, edge.way() == Way.BACK ? 0 : 10);
            edges.put(edge, line);
        }
        new RecursiveGraphLayoutEngine().layout(root, new BasicProgressMonitor());
    }

    private static void options(ElkNode node) {
        node.setProperty(CoreOptions.DIRECTION, Direction.DOWN);
        node.setProperty(CoreOptions.EDGE_ROUTING, EdgeRouting.ORTHOGONAL);
        node.setProperty(CoreOptions.SPACING_NODE_NODE, 22.0);
        node.setProperty(CoreOptions.SPACING_EDGE_NODE, 14.0);
        node.setProperty(CoreOptions.SPACING_EDGE_EDGE, 10.0);
        node.setProperty(CoreOptions.SPACING_EDGE_LABEL, 2.0);
        node.setProperty(LayeredOptions.SPACING_NODE_NODE_BETWEEN_LAYERS, 24.0);
        node.setProperty(LayeredOptions.SPACING_EDGE_NODE_BETWEEN_LAYERS, 12.0);
        node.setProperty(LayeredOptions.SPACING_EDGE_EDGE_BETWEEN_LAYERS, 8.0);
        node.setProperty(
                LayeredOptions.NODE_PLACEMENT_STRATEGY, NodePlacementStrategy.NETWORK_SIMPLEX);
        node.setProperty(LayeredOptions.CYCLE_BREAKING_STRATEGY, CycleBreakingStrategy.DEPTH_FIRST);
        node.setProperty(CoreOptions.RANDOM_SEED, 1);
    }

    private ElkNode around(String cluster) {
        return cluster == null ? root : nodes.get(cluster);
    }

    /** Returns the width of the title of a frame, as far as it is not broken. */
    private static double title(Cluster cluster) {
        return Math.max(
                Words.width(cluster.name(), TEXT) * 1.08, Words.width(cluster.text(), LABEL));
    }

    private static KVector size(Node node) {
        List<String> lines = Look.lines(node);
        int named = Look.named(node);
        double width = 0;
        for (int i = 0; i < lines.size(); i++) {
            double line = Words.width(lines.get(i), TEXT);
            width = Math.max(width, i < named ? line * 1.08 : line);
        }
        double height = lines.size() * LINE;
        return switch (node.shape()) {
            case CHOICE -> new KVector(Math.max(96, width * 1.4 + 24), height * 2.4 + 12);
            case LOOP -> new KVector(width + 56, Math.max(44, height + 22));
            case OUTSIDE -> new KVector(width + 50, height + 18);
            case QUEUE -> new KVector(width + 28, height + 38);
            case ROUTE -> new KVector(width + 36, height + 18);
            default -> new KVector(width + 28, height + 18);
        };
    }

    /** Returns the size of the picture. */
    Box all() {
        return new Box(0, 0, Math.ceil(root.getWidth()), Math.ceil(root.getHeight()));
    }

    /** Returns where a node or a cluster is. */
    Box box(String id) {
        ElkNode node = nodes.get(id);
        Point from = origin(node.getParent());
        return new Box(
                from.x() + node.getX(), from.y() + node.getY(), node.getWidth(), node.getHeight());
    }

    /** Returns where an edge is. */
    Line line(Edge edge) {
        ElkEdge line = edges.get(edge);
        Point from = origin(line.getContainingNode());
        List<Point> points = new ArrayList<>();
        for (ElkEdgeSection section : line.getSections()) {
            points.add(new Point(from.x() + section.getStartX(), from.y() + section.getStartY()));
            for (ElkBendPoint bend : section.getBendPoints()) {
                points.add(new Point(from.x() + bend.getX(), from.y() + bend.getY()));
            }
            points.add(new Point(from.x() + section.getEndX(), from.y() + section.getEndY()));
        }
        Box label =
                line.getLabels().stream()
                        .findFirst()
                        .map(
                                l ->
                                        new Box(
                                                from.x() + l.getX(),
                                                from.y() + l.getY(),
                                                l.getWidth(),
                                                l.getHeight()))
                        .orElse(null);
        return new Line(points, label);
    }

    /** Returns where the upper left corner of a node is, to which those within it are told. */
    private Point origin(ElkGraphElement inside) {
        double x = 0;
        double y = 0;
        for (ElkNode node = (ElkNode) inside;
                node != null && node != root;
                node = node.getParent()) {
            x += node.getX();
            y += node.getY();
        }
        return new Point(x, y);
    }
}

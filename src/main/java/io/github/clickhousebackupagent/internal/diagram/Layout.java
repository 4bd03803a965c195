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
import java.util.function.ToIntFunction;
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
import org.eclipse.elk.core.options.FixedLayouterOptions;
import org.eclipse.elk.core.options.HierarchyHandling;
import org.eclipse.elk.core.options.PortConstraints;
import org.eclipse.elk.core.options.PortSide;
import org.eclipse.elk.core.options.SizeConstraint;
import org.eclipse.elk.core.util.BasicProgressMonitor;
import org.eclipse.elk.graph.ElkBendPoint;
import org.eclipse.elk.graph.ElkEdge;
import org.eclipse.elk.graph.ElkEdgeSection;
import org.eclipse.elk.graph.ElkGraphElement;
import org.eclipse.elk.graph.ElkLabel;
import org.eclipse.elk.graph.ElkNode;
import org.eclipse.elk.graph.ElkPort;
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
        Layout first = new Layout(graph);
        first.make(cluster -> 1);
        // How many lines a title has is only known once the frame has its width.
        Layout layout = new Layout(graph);
        layout.make(cluster -> first.title(cluster).size());
        return layout;
    }

    /**
     * Where each frame is complete in itself and calls others, it is laid out by itself, from top
     * to bottom, and the frames then from left to right: who is called stands right of who calls.
     */
    private boolean isOfFrames() {
        return graph.edges().stream().anyMatch(edge -> edge.way() == Way.CALL)
                && graph.clusters().stream().allMatch(cluster -> cluster.parent() == null)
                && graph.nodes().stream().allMatch(node -> node.cluster() != null);
    }

    /** Returns what a frame is for, in lines that fit into it. */
    List<String> title(Cluster cluster) {
        double letters = Words.width("abcdefghij", LABEL) / 10;
        int most = (int) Math.max(12, (box(cluster.id()).width() - 20) / letters);
        return cluster.text().isEmpty() ? List.of() : Words.wrap(cluster.text(), most);
    }

    private void make(ToIntFunction<Cluster> titles) {
        LayoutMetaDataService.getInstance()
                .registerLayoutMetaDataProviders(new CoreOptions(), new LayeredMetaDataProvider());
        boolean frames = isOfFrames();
        options(root);
        root.setProperty(CoreOptions.PADDING, new ElkPadding(16));
        if (frames) {
            root.setProperty(CoreOptions.DIRECTION, Direction.RIGHT);
            root.setProperty(LayeredOptions.SPACING_NODE_NODE_BETWEEN_LAYERS, 60.0);
            // Straight lines would make stairs of the frames.
            root.setProperty(LayeredOptions.NODE_PLACEMENT_STRATEGY, NodePlacementStrategy.SIMPLE);
            root.setProperty(CoreOptions.HIERARCHY_HANDLING, HierarchyHandling.SEPARATE_CHILDREN);
        } else {
            root.setProperty(CoreOptions.HIERARCHY_HANDLING, HierarchyHandling.INCLUDE_CHILDREN);
        }
        for (Cluster cluster : graph.clusters()) {
            ElkNode node = ElkGraphUtil.createNode(around(cluster.parent()));
            options(node);
            double top = 26 + titles.applyAsInt(cluster) * LABEL_LINE;
            node.setProperty(CoreOptions.PADDING, new ElkPadding(top, 14, 14, 14));
            nodes.put(cluster.id(), node);
        }
        for (Node node : graph.nodes()) {
            ElkNode box = ElkGraphUtil.createNode(around(node.cluster()));
            KVector size = size(node);
            box.setDimensions(size.x, size.y);
            nodes.put(node.id(), box);
        }
        graph.edges().stream().filter(edge -> !frames || edge.way() != Way.CALL).forEach(this::add);
        if (frames) {
            for (Cluster cluster : graph.clusters()) {
                layOut(nodes.get(cluster.id()));
            }
            graph.edges().stream().filter(edge -> edge.way() == Way.CALL).forEach(this::call);
            root.getChildren().forEach(Layout::close);
        }
        layOut(root);
    }

    private static void layOut(ElkNode node) {
        node.setProperty(CoreOptions.ALGORITHM, LayeredOptions.ALGORITHM_ID);
        new RecursiveGraphLayoutEngine().layout(node, new BasicProgressMonitor());
    }

    /** Keeps what is in a frame as it is. */
    private static void close(ElkNode frame) {
        frame.setProperty(CoreOptions.ALGORITHM, FixedLayouterOptions.ALGORITHM_ID);
        frame.setProperty(CoreOptions.NODE_SIZE_FIXED_GRAPH_SIZE, true);
        frame.setProperty(CoreOptions.NODE_SIZE_CONSTRAINTS, EnumSet.noneOf(SizeConstraint.class));
        frame.setProperty(CoreOptions.PORT_CONSTRAINTS, PortConstraints.FIXED_POS);
    }

    private void add(Edge edge) {
        ElkEdge line = ElkGraphUtil.createSimpleEdge(nodes.get(edge.from()), nodes.get(edge.to()));
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

    /**
     * From the right side of one frame to the left side of another, each at the height of the node.
     */
    private void call(Edge edge) {
        ElkPort from = port(nodes.get(edge.from()), PortSide.EAST);
        ElkPort to = port(nodes.get(edge.to()), PortSide.WEST);
        edges.put(edge, ElkGraphUtil.createSimpleEdge(from, to));
    }

    private static ElkPort port(ElkNode node, PortSide side) {
        ElkNode frame = node.getParent();
        ElkPort port = ElkGraphUtil.createPort(frame);
        port.setProperty(CoreOptions.PORT_SIDE, side);
        port.setLocation(
                side == PortSide.EAST ? frame.getWidth() : 0, node.getY() + node.getHeight() / 2);
        return port;
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
        if (edge.way() == Way.CALL && isOfFrames()) {
            Box caller = box(edge.from());
            Box called = box(edge.to());
            points.add(0, new Point(caller.x() + caller.width(), points.get(0).y()));
            points.add(new Point(called.x(), points.get(points.size() - 1).y()));
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

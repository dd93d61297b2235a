using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Data;

/// <summary>
/// A scene of any size, cut into square tiles of its ground plan, each with a margin of the points around it. Only a
/// tile is in memory at a time; the points of all lie in a temporary file, which is deleted with this object. Cells are
/// those of a voxel grid through the positions' origin, so that a voxel is never cut.
/// </summary>
public sealed class SceneTiles : IDisposable
{
    // The side of the squares in which points are counted, in cells.
    private const int CountedCells = 16;

    private const int RecordsAtOnce = 1 << 14;

    private readonly FileStream _file;
    private readonly PointAttribute[] _attributes; // of no points: names, types and components
    private readonly Layout _layout;
    private readonly SceneTileOptions _options;

    private SceneTiles(FileStream file, PointAttribute[] attributes, Layout layout, SceneTileOptions options)
    {
        _file = file;
        _attributes = attributes;
        _layout = layout;
        _options = options;
    }

    /// <summary>The number of points of the scene.</summary>
    public long Points => _layout.Points;

    /// <summary>The number of tiles with points of their own.</summary>
    public int Count => _layout.Segments.Count;

    /// <summary>The side of a tile without its margin, in cells.</summary>
    public long Cells => _layout.TileCells;

    /// <summary>
    /// Goes through the scene twice: it counts, chooses the largest tiles that hold no more points than the options
    /// allow, and sorts the points into a temporary file. The function gives the scene's blocks, each time anew, as
    /// <see cref="PointCloudFile.ReadBlocks"/> does. Blocks have one origin; attributes that a scene lacks are left
    /// out.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// A position is not finite, or even the smallest tile with its margin has more points than allowed. The message
    /// says how many.
    /// </exception>
    public static SceneTiles Create(
        Func<IEnumerable<PointCloud>> blocks,
        SceneTileOptions options,
        CancellationToken stop = default
    )
    {
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentNullException.ThrowIfNull(options);
        options.Check(nameof(options));
        var counts = new Dictionary<(int X, int Y), long>();
        PointAttribute[]? attributes = null;
        foreach (var block in blocks())
        {
            stop.ThrowIfCancellationRequested();
            attributes ??=
            [
                .. options
                    .Attributes.Select(block.Find)
                    .OfType<PointAttribute>()
                    .Select(one => new PointAttribute(one.Name, Array.Empty<float>(), one.Components)),
            ];
            AddCounts(block, options.CellSize, counts);
        }

        var layout = Layout.Choose(counts, options);
        var file = new FileStream(
            Path.Combine(Path.GetTempPath(), $"sparseconv-{Path.GetRandomFileName()}.tiles"),
            FileMode.CreateNew,
            FileAccess.ReadWrite,
            FileShare.None,
            bufferSize: 1,
            FileOptions.DeleteOnClose
        );
        var tiles = new SceneTiles(file, attributes ?? [], layout, options);
        try
        {
            tiles.Sort(blocks(), stop);
            return tiles;
        }
        catch
        {
            tiles.Dispose();
            throw;
        }
    }

    /// <summary>Reads one tile after the other.</summary>
    public IEnumerable<SceneTile> Read() => _layout.Segments.Keys.Order().Select(Read);

    /// <summary>Deletes the temporary file.</summary>
    public void Dispose() => _file.Dispose();

    private int RecordFloats => 3 + _attributes.Sum(attribute => attribute.Components);

    // A record is the point's number and its floats.
    private int RecordBytes => sizeof(uint) + sizeof(float) * RecordFloats;

    private static long Cell(float position, double size) => (long)Math.Floor(position / size);

    private static void AddCounts(PointCloud block, double size, Dictionary<(int X, int Y), long> counts)
    {
        var positions = block.Positions;
        for (var point = 0; point < block.Count; point++)
        {
            var (x, y) = (positions[3 * point], positions[3 * point + 1]);
            if (!float.IsFinite(x) || !float.IsFinite(y) || !float.IsFinite(positions[3 * point + 2]))
            {
                throw new ArgumentException(
                    "a point of the scene has no finite position, which no tile can hold",
                    nameof(block)
                );
            }
            var square = (Square(Cell(x, size)), Square(Cell(y, size)));
            CollectionsMarshal.GetValueRefOrAddDefault(counts, square, out _)++;
        }

        static int Square(long cell) => checked((int)Math.Floor((double)cell / CountedCells));
    }

    private void Sort(IEnumerable<PointCloud> blocks, CancellationToken stop)
    {
        var next = _layout.Segments.ToDictionary(one => one.Key, one => one.Value.First);
        var buffers = new Dictionary<(long X, long Y), List<byte>>();
        var number = 0u;
        var record = new byte[RecordBytes];
        foreach (var block in blocks)
        {
            stop.ThrowIfCancellationRequested();
            var values = Array.ConvertAll(_attributes, one => block.Find(one.Name)!.Values.ToSingle());
            for (var point = 0; point < block.Count; point++, number++)
            {
                var floats = MemoryMarshal.Cast<byte, float>(record.AsSpan(sizeof(uint)));
                MemoryMarshal.Write(record, number);
                block.Positions.AsSpan(3 * point, 3).CopyTo(floats);
                var at = 3;
                for (var i = 0; i < values.Length; i++)
                {
                    var width = _attributes[i].Components;
                    values[i].AsSpan(width * point, width).CopyTo(floats[at..]);
                    at += width;
                }
                var tile = _layout.TileOf(
                    Cell(block.Positions[3 * point], _options.CellSize),
                    Cell(block.Positions[3 * point + 1], _options.CellSize)
                );
                ref var buffer = ref CollectionsMarshal.GetValueRefOrAddDefault(buffers, tile, out _);
                (buffer ??= []).AddRange(record.AsSpan());
            }
            foreach (var (tile, buffer) in buffers)
            {
                _file.Position = next[tile] * RecordBytes;
                _file.Write(CollectionsMarshal.AsSpan(buffer));
                next[tile] += buffer.Count / RecordBytes;
            }
            buffers.Clear();
        }
    }

    private SceneTile Read((long X, long Y) tile)
    {
        var floats = RecordFloats;
        var (numbers, values) = Gather(tile);
        // In the order of the scene: the mean of a voxel is added up in it.
        var order = Enumerable.Range(0, numbers.Count).ToArray();
        Array.Sort(numbers.ToArray(), order);
        var positions = new float[3 * order.Length];
        var own = new bool[order.Length];
        var attributes = Array.ConvertAll(_attributes, one => new float[one.Components * order.Length]);
        var all = CollectionsMarshal.AsSpan(values);
        for (var i = 0; i < order.Length; i++)
        {
            var from = all.Slice(floats * order[i], floats);
            from[..3].CopyTo(positions.AsSpan(3 * i));
            own[i] = _layout.TileOf(Cell(from[0], _options.CellSize), Cell(from[1], _options.CellSize)) == tile;
            var at = 3;
            for (var a = 0; a < attributes.Length; a++)
            {
                var width = _attributes[a].Components;
                from.Slice(at, width).CopyTo(attributes[a].AsSpan(width * i));
                at += width;
            }
        }

        var cloud = new PointCloud(
            positions,
            Origin.Zero,
            _attributes.Select((one, a) => new PointAttribute(one.Name, attributes[a], one.Components))
        );
        return new SceneTile(cloud, Array.ConvertAll(order, i => (long)numbers[i]), own);
    }

    // The numbers and the floats of the points in a tile and its margin, segment by segment.
    private (List<uint> Numbers, List<float> Values) Gather((long X, long Y) tile)
    {
        var margin = _options.Margin;
        var (low, high) = (_layout.Corner(tile), _layout.Corner((tile.X + 1, tile.Y + 1)));
        var first = _layout.TileOf(low.X - margin, low.Y - margin);
        var last = _layout.TileOf(high.X - 1 + margin, high.Y - 1 + margin);
        var (numbers, values) = (new List<uint>(), new List<float>());
        var buffer = new byte[RecordsAtOnce * RecordBytes];
        for (var x = first.X; x <= last.X; x++)
        {
            for (var y = first.Y; y <= last.Y; y++)
            {
                if (_layout.Segments.TryGetValue((x, y), out var segment))
                {
                    Take(segment);
                }
            }
        }
        return (numbers, values);

        void Take((long First, long Count) segment)
        {
            for (long done = 0; done < segment.Count; done += RecordsAtOnce)
            {
                var bytes = buffer.AsSpan(0, (int)Math.Min(RecordsAtOnce, segment.Count - done) * RecordBytes);
                _file.Position = (segment.First + done) * RecordBytes;
                _file.ReadExactly(bytes);
                for (; bytes.Length > 0; bytes = bytes[RecordBytes..])
                {
                    var floats = MemoryMarshal.Cast<byte, float>(bytes[sizeof(uint)..RecordBytes]);
                    var (x, y) = (Cell(floats[0], _options.CellSize), Cell(floats[1], _options.CellSize));
                    if (x >= low.X - margin && x < high.X + margin && y >= low.Y - margin && y < high.Y + margin)
                    {
                        numbers.Add(MemoryMarshal.Read<uint>(bytes));
                        values.AddRange(floats);
                    }
                }
            }
        }
    }

    // Where the tiles lie, and their points in the file.
    private sealed class Layout
    {
        private Layout(int squares) => TileCells = (long)squares * CountedCells;

        public long TileCells { get; }

        public long Points { get; private set; }

        public Dictionary<(long X, long Y), (long First, long Count)> Segments { get; } = [];

        public static Layout Choose(Dictionary<(int X, int Y), long> counts, SceneTileOptions options)
        {
            var margin = (int)Math.Min(int.MaxValue / 4, (options.Margin + CountedCells - 1) / CountedCells);
            var squares = 1;
            if (counts.Count > 0)
            {
                var width = counts.Keys.Max(square => square.X) - (long)counts.Keys.Min(square => square.X) + 1;
                var depth = counts.Keys.Max(square => square.Y) - (long)counts.Keys.Min(square => square.Y) + 1;
                squares = (int)Math.Min(int.MaxValue / 4, Math.Max(width, depth));
            }

            long most;
            while ((most = Most(counts, squares, margin)) > options.MostPoints)
            {
                if (squares == 1)
                {
                    throw new ArgumentException(
                        $"a tile of {CountedCells} cells and its margin of {options.Margin} hold {most} points, "
                            + $"{options.MostPoints} are allowed",
                        nameof(options)
                    );
                }
                squares = Math.Max(1, squares * 3 / 4);
            }

            var layout = new Layout(squares);
            foreach (var (square, count) in counts)
            {
                var tile = (Tile(square.X, squares), Tile(square.Y, squares));
                var (_, before) = layout.Segments.GetValueOrDefault(tile);
                layout.Segments[tile] = (0, before + count);
            }
            foreach (var tile in layout.Segments.Keys.Order().ToArray())
            {
                var count = layout.Segments[tile].Count;
                layout.Segments[tile] = (layout.Points, count);
                layout.Points += count;
            }
            return layout.Points <= uint.MaxValue
                ? layout
                : throw new ArgumentException(
                    $"the scene has {layout.Points} points, at most {uint.MaxValue} can be cut",
                    nameof(counts)
                );
        }

        public (long X, long Y) TileOf(long x, long y) => (Divide(x, TileCells), Divide(y, TileCells));

        public (long X, long Y) Corner((long X, long Y) tile) => (tile.X * TileCells, tile.Y * TileCells);

        // The points of the fullest tile with its margin, in whole squares.
        private static long Most(Dictionary<(int X, int Y), long> counts, int squares, int margin)
        {
            var sums = new Dictionary<(long X, long Y), long>();
            foreach (var ((x, y), count) in counts)
            {
                for (var i = Tile((long)x - margin, squares); i <= Tile((long)x + margin, squares); i++)
                {
                    for (var j = Tile((long)y - margin, squares); j <= Tile((long)y + margin, squares); j++)
                    {
                        CollectionsMarshal.GetValueRefOrAddDefault(sums, (i, j), out _) += count;
                    }
                }
            }
            return sums.Values.DefaultIfEmpty().Max();
        }

        private static long Tile(long square, int squares) => Divide(square, squares);

        private static long Divide(long number, long by) => (number - (number < 0 ? by - 1 : 0)) / by;
    }
}

/// <summary>How a scene is cut into tiles.</summary>
public sealed class SceneTileOptions
{
    /// <summary>The edge of a cell along x and y, in metres: the voxel size of the network that the tiles are for.</summary>
    public required double CellSize { get; init; }

    /// <summary>The width of the margin in cells, such as the network's reach.</summary>
    public required long Margin { get; init; }

    /// <summary>The most points that a tile may have with its margin.</summary>
    public required long MostPoints { get; init; }

    /// <summary>The attributes that tiles have, as floats.</summary>
    public IReadOnlyList<string> Attributes { get; init; } = [];

    internal void Check(string parameter)
    {
        if (!(CellSize > 0) || double.IsInfinity(CellSize))
        {
            throw new ArgumentException($"CellSize is {CellSize}, must be positive and finite", parameter);
        }
        if (Margin < 0 || MostPoints < 1)
        {
            throw new ArgumentException(
                $"Margin is {Margin} and MostPoints {MostPoints}, must be at least 0 and 1",
                parameter
            );
        }
    }
}

/// <summary>The points of a tile and its margin, in the order of the scene.</summary>
/// <param name="Cloud">The points, in metres from the scene's origin, with the attributes asked for.</param>
/// <param name="Points">The number of each point in the scene.</param>
/// <param name="IsOwn">Whether a point lies in the tile, and not in its margin.</param>
public sealed record SceneTile(PointCloud Cloud, IReadOnlyList<long> Points, IReadOnlyList<bool> IsOwn);

namespace TorchSharp.SparseConv.Core;

/// <summary>Lists the taps of a cross, or of a hybrid, row-major over its box.</summary>
internal ref struct CrossTaps
{
    private readonly PerAxis _size;
    private readonly uint _cubeAxes; // by bit
    private readonly List<int> _taps;
    private readonly Span<int> _tap;

    private CrossTaps(PerAxis size, uint cubeAxes, List<int> taps, Span<int> tap)
    {
        _size = size;
        _cubeAxes = cubeAxes;
        _taps = taps;
        _tap = tap;
    }

    /// <summary>[taps, dimensions]; throws ArgumentException about the argument called name where there are too many.</summary>
    internal static int[] List(PerAxis size, uint cubeAxes, string name)
    {
        var cells = 1L;
        var taps = 1L;
        for (var axis = 0; axis < size.Count; axis++)
        {
            if ((cubeAxes >> axis & 1) != 0)
                cells = Math.Min(cells * size[axis], int.MaxValue);
            else
                taps += size[axis] - 1;
        }
        taps += cells - 1;
        if (taps > KernelShape.MostListedTaps)
            throw new ArgumentException(
                $"{name} is {size}, which has {taps} taps, must have at most {KernelShape.MostListedTaps}.",
                name
            );
        var list = new List<int>((int)taps * size.Count);
        Span<int> tap = stackalloc int[size.Count];
        new CrossTaps(size, cubeAxes, list, tap).Add(axis: 0, inCube: false, onArm: false);
        return [.. list];
    }

    // All taps that begin with what stands before this axis; what left the centre there says what still may.
    private readonly void Add(int axis, bool inCube, bool onArm)
    {
        if (axis == _size.Count)
        {
            foreach (var value in _tap)
                _taps.Add(value);
            return;
        }
        var cube = (_cubeAxes >> axis & 1) != 0;
        var centre = (_size[axis] - 1) / 2;
        var free = !onArm && (cube || !inCube);
        for (var value = free ? 0 : centre; value <= (free ? _size[axis] - 1 : centre); value++)
        {
            _tap[axis] = value;
            Add(axis + 1, inCube || (cube && value != centre), onArm || (!cube && value != centre));
        }
    }
}

namespace TorchSharp.SparseConv.Core;

/// <summary>Refuses matrices that do not fit the rulebook, the element type or the device of a call.</summary>
internal readonly struct MatrixChecks
{
    private readonly Rulebook _rulebook;
    private readonly ElementType _elementType;

    internal MatrixChecks(Rulebook rulebook, ConvolutionDirection direction, ElementType elementType)
    {
        ArgumentNullException.ThrowIfNull(rulebook);
        Checks.Defined(direction, nameof(direction));
        Checks.Defined(elementType, nameof(elementType));
        _rulebook = rulebook;
        _elementType = elementType;
        var forward = direction == ConvolutionDirection.FineToCoarse;
        RowsRead = (forward ? rulebook.Fine : rulebook.Coarse).Rows;
        RowsWritten = (forward ? rulebook.Coarse : rulebook.Fine).Rows;
    }

    internal long RowsRead { get; }

    internal long RowsWritten { get; }

    internal long WeightRows(long inChannels, long groups) => _rulebook.Taps * (inChannels / groups); // both below 2^31

    /// <summary>As Fit, for a weight, a bias or its gradient, which may be Float32 beside 16-bit features.</summary>
    internal void FitParameter(in MatrixView matrix, long rows, long columns, string name)
    {
        var mixed = IsHalf(_elementType) && matrix.ElementType == ElementType.Float32;
        Fit(mixed ? matrix with { ElementType = _elementType } : matrix, rows, columns, name);
    }

    internal void Fit(in MatrixView matrix, long rows, long columns, string name) =>
        Fit(matrix, _elementType, _rulebook.Device, rows, columns, name);

    internal static void Fit(
        in MatrixView matrix,
        ElementType elementType,
        int device,
        long rows,
        long columns,
        string name
    )
    {
        if (matrix.Device != device)
        {
            throw new ArgumentException(
                $"{name} is on {Checks.DeviceName(matrix.Device)}, must be on {Checks.DeviceName(device)}, where the voxels are.",
                name
            );
        }

        if (matrix.ElementType != elementType)
        {
            throw new ArgumentException(
                $"{name} has element type {matrix.ElementType}, must have the {elementType} of the other matrices.",
                name
            );
        }

        Channels(columns, name);
        if (matrix.Rows != rows || matrix.Columns != columns)
        {
            throw new ArgumentException(
                $"{name} is [{matrix.Rows}, {matrix.Columns}], must be [{rows}, {columns}].",
                name
            );
        }

        if (matrix.Data == 0 && rows > 0 && columns > 0)
        {
            throw new ArgumentException($"{name} has no address, must have one for {rows * columns} elements.", name);
        }
    }

    internal static void Channels(long columns, string name)
    {
        if (columns is < 0 or > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(
                name,
                columns,
                $"{name} has {columns} channels, must have 0 to {int.MaxValue}."
            );
        }
    }

    internal static void Groups(long groups, long inChannels, long outChannels)
    {
        if (groups < 1 || inChannels % groups != 0 || outChannels % groups != 0)
        {
            throw new ArgumentException(
                $"groups is {groups}, must be positive and divide {inChannels} input and {outChannels} output channels.",
                nameof(groups)
            );
        }
    }

    internal static void Saved(Workspace saved, long bytes)
    {
        if (saved.Bytes != bytes || (saved.Data == 0 && bytes > 0))
        {
            throw new ArgumentException($"saved has {saved.Bytes} bytes, must have {bytes}.", nameof(saved));
        }
    }

    private static bool IsHalf(ElementType elementType) => elementType is ElementType.BFloat16 or ElementType.Float16;
}

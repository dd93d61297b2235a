namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>One class of a prediction.</summary>
internal sealed class ClassReport
{
    public required string Name { get; init; }

    /// <summary>Points that were told to be of it.</summary>
    public required long Predicted { get; init; }

    /// <summary>Points that the file's labels say are of it; null where they are not compared.</summary>
    public required long? Labelled { get; init; }

    /// <summary>Intersection over union, 0 to 1; null where they are not compared, or the class does not occur.</summary>
    public required double? Iou { get; init; }
}

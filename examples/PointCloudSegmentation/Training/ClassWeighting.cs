namespace PointCloudSegmentation.Training;

/// <summary>How much each class counts in the loss.</summary>
internal enum ClassWeighting
{
    /// <summary>Every voxel counts the same.</summary>
    None,

    /// <summary>Rare classes count more, by 1 / ln(1.02 + share of points).</summary>
    Balanced,
}

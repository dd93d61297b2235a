namespace PointCloudSegmentation.Training;

/// <summary>How the learning rate goes over the whole run.</summary>
internal enum LearningSchedule
{
    /// <summary>Up over the first third, then down to almost nothing.</summary>
    OneCycle,

    /// <summary>Down along a half cosine.</summary>
    Cosine,
}

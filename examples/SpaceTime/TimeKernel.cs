namespace SpaceTime;

/// <summary>How the kernels of a network reach through time; in space all are cubes of 3.</summary>
internal enum TimeKernel
{
    /// <summary>A cube in space and an arm through time: 27 + 2 taps.</summary>
    Hybrid,

    /// <summary>A cube in space and time: 81 taps.</summary>
    Cube,

    /// <summary>One frame alone: 27 taps.</summary>
    None,
}

namespace SpaceTime;

/// <summary>What an object does; the classes that voxels are told apart by.</summary>
internal enum Motion
{
    Still,
    Moving,
    Turning,

    /// <summary>Grows or shrinks, as what approaches or recedes does in a picture.</summary>
    Scaling,
}

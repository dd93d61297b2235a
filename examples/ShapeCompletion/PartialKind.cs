namespace ShapeCompletion;

/// <summary>What of a shape the network gets to see.</summary>
internal enum PartialKind
{
    /// <summary>What one far camera sees.</summary>
    OneView,

    /// <summary>What either of two far cameras sees.</summary>
    TwoViews,

    /// <summary>What lies on one side of a plane through the middle.</summary>
    Cut,
}

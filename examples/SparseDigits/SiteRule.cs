namespace SparseDigits;

/// <summary>Which pixels a 3 x 3 convolution writes.</summary>
internal enum SiteRule
{
    /// <summary>Those it reads: strokes stay as thin as they are (SSC in the paper).</summary>
    Submanifold,

    /// <summary>All that it touches: strokes grow by a pixel a layer (SC in the paper).</summary>
    Dilating,
}

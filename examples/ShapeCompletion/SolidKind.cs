namespace ShapeCompletion;

/// <summary>The bodies that generated shapes are put together from.</summary>
internal enum SolidKind
{
    Box,
    Sphere,
    Cylinder,
    Cone,
    Torus,
}

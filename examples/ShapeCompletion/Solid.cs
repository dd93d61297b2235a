using System.Numerics;

namespace ShapeCompletion;

/// <summary>A body around a centre: half its extent along its own axes, which are turned.</summary>
internal sealed record Solid(SolidKind Kind, Vector3 Centre, Quaternion Turn, Vector3 Half)
{
    // The tube's radius, of a torus that reaches to 1.
    private const float Tube = 0.35f;

    /// <summary>Whether a point lies inside.</summary>
    public bool Contains(Vector3 point)
    {
        var own = Vector3.Transform(point - Centre, Quaternion.Conjugate(Turn)) / Half;
        var round = MathF.Sqrt((own.X * own.X) + (own.Y * own.Y));
        var height = MathF.Abs(own.Z);
        return Kind switch
        {
            SolidKind.Box => MathF.Max(height, MathF.Max(MathF.Abs(own.X), MathF.Abs(own.Y))) <= 1,
            SolidKind.Sphere => own.Length() <= 1,
            SolidKind.Cylinder => round <= 1 && height <= 1,
            SolidKind.Cone => height <= 1 && round <= (1 - own.Z) / 2,
            _ => float.Hypot(round - (1 - Tube), Tube * own.Z) <= Tube,
        };
    }
}

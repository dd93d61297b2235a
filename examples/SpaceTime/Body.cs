using System.Numerics;

namespace SpaceTime;

/// <summary>
/// An object of two bars that cross, and its path through place, angle and size. What it does decides which of the three
/// goes on with time; the others stand at some moment of their own path. So a frame of an object that moves is drawn
/// like a frame of one that does not, and says nothing of what it does.
/// </summary>
internal sealed class Body
{
    /// <summary>No point of a body is farther than this from the middle of its path, voxels.</summary>
    public const float Reach = 9;

    private const float Small = 0.65f;
    private const float Large = 1.25f;

    // Half the length and half the width of a bar at size 1, and the length of the path, voxels.
    private const float HalfLength = 4;
    private const float HalfWidth = 1.1f;
    private const float Path = 6;

    private readonly Motion _motion;
    private readonly Vector3 _middle;
    private readonly Vector3 _path;
    private readonly Quaternion _pose;
    private readonly Vector3 _axis;
    private readonly float _turn;
    private readonly bool _grows;
    private readonly float _second;
    private readonly (float Place, float Angle, float Size) _moment;

    /// <summary>Whose path has its middle at a place, over a number of frames.</summary>
    public Body(Motion motion, Vector3 middle, int frames, Random random)
    {
        _motion = motion;
        _middle = middle;
        _path = Path * Direction(random);
        _pose = Quaternion.CreateFromAxisAngle(Direction(random), MathF.Tau * random.NextSingle());
        _axis = Direction(random);
        _turn = MathF.PI * (0.5f + (0.5f * random.NextSingle()));
        _grows = random.Next(2) == 0;
        _second = 0.5f + (0.5f * random.NextSingle());
        _moment = (Moment(), Moment(), Moment());

        float Moment() => (float)random.Next(frames) / (frames - 1);
    }

    /// <summary>The voxels of the body at a time from 0 to 1.</summary>
    public IEnumerable<(int X, int Y, int Z)> At(float time)
    {
        var along = (_motion == Motion.Moving ? time : _moment.Place) - 0.5f;
        var centre = _middle + (along * _path);
        var angle = _turn * (_motion == Motion.Turning ? time : _moment.Angle);
        var back = Quaternion.Conjugate(Quaternion.CreateFromAxisAngle(_axis, angle) * _pose);
        var grown = _motion == Motion.Scaling ? time : _moment.Size;
        var size = float.Lerp(Small, Large, _grows ? grown : 1 - grown);
        var first = size * new Vector3(HalfLength, HalfWidth, HalfWidth);
        var second = size * new Vector3(HalfWidth, _second * HalfLength, HalfWidth);
        var radius = first.Length();
        for (var x = Low(centre.X); x <= centre.X + radius; x++)
        {
            for (var y = Low(centre.Y); y <= centre.Y + radius; y++)
            {
                for (var z = Low(centre.Z); z <= centre.Z + radius; z++)
                {
                    var own = Vector3.Abs(Vector3.Transform(new Vector3(x, y, z) - centre, back));
                    if (Within(own, first) || Within(own, second))
                    {
                        yield return (x, y, z);
                    }
                }
            }
        }

        int Low(float middle) => (int)MathF.Ceiling(middle - radius);
    }

    private static bool Within(Vector3 point, Vector3 half) =>
        point.X <= half.X && point.Y <= half.Y && point.Z <= half.Z;

    private static Vector3 Direction(Random random)
    {
        var (sin, cos) = MathF.SinCos(MathF.Tau * random.NextSingle());
        var z = (2 * random.NextSingle()) - 1;
        var round = MathF.Sqrt(1 - (z * z));
        return new Vector3(round * cos, round * sin, z);
    }
}

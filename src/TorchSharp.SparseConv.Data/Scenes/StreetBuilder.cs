namespace TorchSharp.SparseConv.Data;

// Builds one random street around the scanner, side by side and from one end to the other.
internal sealed class StreetBuilder
{
    private const double HalfLength = 70; // metres of street ahead and behind

    private readonly List<Solid> _solids = [];
    private readonly Ground _ground;
    private SceneRandom _random;

    private StreetBuilder(SceneRandom random)
    {
        _random = random;
        _ground = LayOut();
    }

    public static Street Build(ref SceneRandom random)
    {
        var builder = new StreetBuilder(random);
        builder.AddTraffic();
        for (var side = 0; side < 2; side++)
        {
            builder.AddParked(side);
            builder.AddSidewalkThings(side);
            builder.AddBackground(side);
        }
        random = builder._random;
        return new Street(builder._ground, builder._solids);
    }

    private Ground LayOut()
    {
        var (sin, cos) = ExactMath.SinCos(_random.Between(-0.15, 0.15));
        var halfRoad = _random.Between(3.2, 5);
        return new Ground
        {
            Sin = sin,
            Cos = cos,
            HalfRoad = halfRoad,
            LaneOffset = -halfRoad * _random.Between(0.3, 0.45), // keeps right
            Parking = [ParkingWidth(), ParkingWidth()],
            Sidewalk = [_random.Between(1.5, 3.5), _random.Between(1.5, 3.5)],
            CrossingAt = _random.Chance(0.4) ? _random.Between(12, 45) * (_random.Chance(0.5) ? 1 : -1) : null,
            HalfCrossing = _random.Between(3, 4.5),
            WavePhase = _random.Between(0, 6),
        };
    }

    private double ParkingWidth() => _random.Chance(0.5) ? _random.Between(2.2, 2.6) : 0;

    private void AddTraffic()
    {
        foreach (var direction in (ReadOnlySpan<int>)[-1, 1])
        {
            for (var along = -HalfLength + _random.Between(0, 25); along < HalfLength; along += _random.Between(14, 45))
            {
                if (Math.Abs(along) > 11 || direction > 0)
                {
                    AddVehicle(along, direction * _ground.HalfRoad * 0.5, _random.Between(-0.03, 0.03), 0.15);
                }
            }
        }
    }

    // Cars are parked in the parking strip, or sometimes at the edge of the road.
    private void AddParked(int side)
    {
        var outward = Outward(side);
        var strip = _ground.Parking[side];
        var across = outward * (_ground.HalfRoad + (strip > 0 ? strip / 2 : -0.9));
        var occupied = strip > 0 ? 0.65 : 0.12;
        for (var along = -HalfLength; along < HalfLength; along += _random.Between(5.6, 7))
        {
            if (_random.Chance(occupied) && !_ground.IsCrossing(along, 4) && (strip > 0 || Math.Abs(along) > 8))
            {
                AddVehicle(along, across, _random.Between(-0.06, 0.06), 0.06);
            }
        }
    }

    private void AddSidewalkThings(int side)
    {
        var outward = Outward(side);
        var curb = _ground.HalfRoad + _ground.Parking[side];
        var width = _ground.Sidewalk[side];
        for (var along = -HalfLength + _random.Between(0, 12); along < HalfLength; along += _random.Between(7, 15))
        {
            if (_ground.IsCrossing(along, 2))
            {
                continue;
            }
            var atCurb = outward * (curb + 0.4);
            var kind = _random.Next();
            if (kind < 0.35)
            {
                AddLampPost(along, atCurb, -outward);
            }
            else if (kind < 0.55)
            {
                AddSign(along, atCurb);
            }
            else if (kind < 0.85)
            {
                AddTree(along, atCurb + outward * _random.Between(0, 0.4));
            }
            else
            {
                AddBin(along, outward * (curb + width - 0.5));
            }
            for (var people = _random.Chance(0.35) ? (int)_random.Between(1, 4) : 0; people > 0; people--)
            {
                AddPerson(along + _random.Between(1, 6), outward * (curb + _random.Between(0.5, width)));
            }
        }
    }

    // Behind the sidewalk there are houses with gaps, or gardens and green.
    private void AddBackground(int side)
    {
        var outward = Outward(side);
        var front = _ground.HalfRoad + _ground.Parking[side] + _ground.Sidewalk[side];
        var builtUp = _random.Chance(0.5) ? 0.75 : 0.2;
        var garden = _random.Chance(0.5) ? _random.Between(2, 6) : 0.05;
        for (var along = -HalfLength; along < HalfLength; )
        {
            var length = _random.Between(8, 22);
            var middle = along + length / 2;
            if (_ground.IsCrossing(middle, length / 2))
            {
                // The crossing street stays free.
            }
            else if (_random.Chance(builtUp))
            {
                AddHouse(middle, outward, front + garden, length * 0.96);
                if (garden > 1 && _random.Chance(0.6))
                {
                    AddFence(middle, outward * (front + 0.2), length);
                }
            }
            else
            {
                AddGreen(middle, outward, front, length);
            }
            along += length;
        }
    }

    private void AddHouse(double along, int outward, double front, double length)
    {
        var depth = _random.Between(8, 14);
        var height = _random.Between(5, 16);
        _solids.Add(
            MakeBox(
                along,
                outward * (front + depth / 2),
                -0.3,
                new Vec3(length, depth, height),
                0,
                Label.Building,
                _random.Between(0.3, 0.6),
                windowSpacing: _random.Between(2.4, 3.4)
            )
        );
        if (_random.Chance(0.4))
        {
            // A porch or a bay, so that not all fronts are flat.
            var porch = new Vec3(_random.Between(2, 4), 1.6, _random.Between(2.6, 4));
            _solids.Add(MakeBox(along, outward * (front + 0.3), -0.3, porch, 0, Label.Building, 0.45));
        }
    }

    private void AddGreen(double along, int outward, double front, double length)
    {
        if (_random.Chance(0.6))
        {
            AddFence(along, outward * (front + 0.3), length);
        }
        for (var count = (int)_random.Between(1, 4); count > 0; count--)
        {
            AddTree(along + _random.Between(-0.5, 0.5) * length, outward * (front + _random.Between(2, 14)));
        }
        for (var count = (int)_random.Between(3, 9); count > 0; count--)
        {
            var radius = _random.Between(0.5, 1.8);
            var across = outward * (front + radius + _random.Between(0.5, 12));
            AddBush(along + _random.Between(-0.5, 0.5) * length, across, radius, _random.Between(0.5, 1.6));
        }
        if (_random.Chance(0.5))
        {
            AddHedge(along, outward * (front + _random.Between(1, 4)), length);
        }
        if (_random.Chance(0.5))
        {
            // A row of trees far behind closes the view.
            for (var at = along - length / 2; at < along + length / 2; at += _random.Between(4, 8))
            {
                AddTree(at, outward * (front + _random.Between(18, 26)));
            }
        }
    }

    private void AddBush(double along, double across, double radius, double halfHeight)
    {
        var place = _ground.Place(along, across, halfHeight * 0.7);
        _solids.Add(new Ellipsoid(place, radius, halfHeight, Label.Vegetation, 0.45) { Density = 0.5 });
    }

    private void AddHedge(double along, double across, double length)
    {
        var halfHeight = _random.Between(0.6, 1.3);
        for (var at = -length / 2; at < length / 2; at += 0.8)
        {
            AddBush(along + at, across, _random.Between(0.6, 0.8), halfHeight * _random.Between(0.9, 1.1));
        }
    }

    private void AddFence(double along, double across, double length)
    {
        var size = new Vec3(length, 0.06, _random.Between(0.9, 1.8));
        _solids.Add(MakeBox(along, across, -0.1, size, 0, Label.Fence, 0.4, openness: _random.Between(0, 0.5)));
    }

    private void AddTree(double along, double across)
    {
        var trunkHeight = _random.Between(1.3, 3);
        var radius = _random.Between(0.12, 0.28);
        var foot = _ground.Place(along, across, 0);
        var reach = trunkHeight + 0.5;
        _solids.Add(new Cylinder(foot + new Vec3(0, 0, reach / 2 - 0.1), radius, reach / 2 + 0.1, Label.Trunk, 0.35));
        var crown = _random.Between(1.2, 2.6);
        for (var blob = (int)_random.Between(3, 6); blob > 0; blob--)
        {
            var size = crown * _random.Between(0.55, 0.9);
            var offset = new Vec3(
                crown * _random.Between(-0.6, 0.6),
                crown * _random.Between(-0.6, 0.6),
                trunkHeight + crown * _random.Between(0.4, 1.4)
            );
            _solids.Add(new Ellipsoid(foot + offset, size, size * 0.85, Label.Vegetation, 0.45) { Density = 0.25 });
        }
    }

    private void AddLampPost(double along, double across, int inward)
    {
        var height = _random.Between(5.5, 8);
        var pole = _ground.Place(along, across, height / 2);
        _solids.Add(new Cylinder(pole, _random.Between(0.07, 0.12), height / 2, Label.Pole, 0.5));
        _solids.Add(
            MakeBox(along, across + inward * 0.8, height - 0.15, new Vec3(0.15, 1.6, 0.12), 0, Label.Pole, 0.5)
        );
    }

    private void AddSign(double along, double across)
    {
        var height = _random.Between(2.2, 2.8);
        _solids.Add(new Cylinder(_ground.Place(along, across, height / 2), 0.04, height / 2, Label.Pole, 0.5));
        var size = new Vec3(0.06, _random.Between(0.6, 0.9), _random.Between(0.6, 0.9));
        _solids.Add(MakeBox(along - 0.06, across, height - 0.3, size, 0, Label.TrafficSign, 0.95));
    }

    // An object that SemanticKITTI leaves unlabelled.
    private void AddBin(double along, double across) =>
        _solids.Add(MakeBox(along, across, 0, new Vec3(0.6, 0.6, 1.1), 0.3, Label.Unlabeled, 0.3));

    private void AddPerson(double along, double across)
    {
        var tall = _random.Between(1.5, 1.9);
        var stride = _random.Between(0.08, 0.2);
        const double Reflectivity = 0.35;
        foreach (var leg in (ReadOnlySpan<double>)[-stride, stride])
        {
            var place = _ground.Place(along + leg, across + leg * 0.5, tall * 0.24);
            _solids.Add(new Cylinder(place, 0.09, tall * 0.24, Label.Person, Reflectivity));
        }
        var body = _ground.Place(along, across, tall * 0.65);
        _solids.Add(new Ellipsoid(body, 0.21, tall * 0.26, Label.Person, Reflectivity));
        _solids.Add(new Ellipsoid(_ground.Place(along, across, tall * 0.93), 0.12, 0.14, Label.Person, Reflectivity));
    }

    private void AddVehicle(double along, double across, double heading, double trucks)
    {
        if (_random.Chance(trucks))
        {
            AddTruck(along, across, heading);
        }
        else
        {
            AddCar(along, across, heading);
        }
    }

    private void AddCar(double along, double across, double heading)
    {
        var (length, width, height) = (
            _random.Between(3.7, 4.8),
            _random.Between(1.65, 1.9),
            _random.Between(1.4, 1.75)
        );
        var paint = _random.Between(0.15, 0.7);
        var body = new Vec3(length, width, height * 0.42);
        _solids.Add(MakeBox(along, across, 0.22, body, heading, Label.Car, paint));
        var cabin = new Vec3(length * _random.Between(0.5, 0.65), width * 0.88, height * 0.45);
        _solids.Add(
            MakeBox(along - 0.2, across, 0.22 + body.Z, cabin, heading, Label.Car, paint * 0.7, windowSpacing: 1.1)
        );
        foreach (var axle in (ReadOnlySpan<double>)[-0.31, 0.31])
        {
            var wheels = new Vec3(0.62, width * 0.96, 0.4);
            _solids.Add(MakeBox(along + axle * length, across, 0, wheels, heading, Label.Car, 0.12));
        }
    }

    private void AddTruck(double along, double across, double heading)
    {
        var (length, height) = (_random.Between(4, 7), _random.Between(2.6, 3.4));
        var paint = _random.Between(0.3, 0.7);
        _solids.Add(MakeBox(along, across, 0.8, new Vec3(length, 2.3, height - 0.8), heading, Label.Truck, paint));
        var cab = new Vec3(1.9, 2.1, _random.Between(1.8, 2.3));
        _solids.Add(
            MakeBox(along + length / 2 + 1.1, across, 0.4, cab, heading, Label.Truck, paint, windowSpacing: 1.6)
        );
        foreach (var axle in (ReadOnlySpan<double>)[-0.3, 0.5])
        {
            _solids.Add(MakeBox(along + axle * length, across, 0, new Vec3(0.9, 2.2, 0.8), heading, Label.Truck, 0.12));
        }
    }

    // Makes a box whose foot is `above` metres over the ground, with a heading relative to that of the street.
    private Box MakeBox(
        double along,
        double across,
        double above,
        Vec3 size,
        double heading,
        int label,
        double reflectivity,
        double windowSpacing = 0,
        double openness = 0
    )
    {
        var (sin, cos) = ExactMath.SinCos(heading);
        return new Box(
            _ground.Place(along, across, above + size.Z / 2),
            0.5 * size,
            _ground.Sin * cos + _ground.Cos * sin,
            _ground.Cos * cos - _ground.Sin * sin,
            label,
            reflectivity
        )
        {
            WindowSpacing = windowSpacing,
            Openness = openness,
        };
    }

    // Side 0 is to the right of the street, side 1 to the left.
    private static int Outward(int side) => side == 0 ? -1 : 1;
}
